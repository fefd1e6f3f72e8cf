"""From a poverty office's own ledgers to a brief its leaders can act on."""
