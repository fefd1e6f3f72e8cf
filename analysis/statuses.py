"""What the register says of a household: the statuses of the ledger that are counted together."""

POOR = ("poor", "returned")
REGISTERED = ("poor", "returned", "exited")
