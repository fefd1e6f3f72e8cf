"""The typefaces: from the wheels or the user's folder, and never a hole."""

import shutil

import pytest

from analysis import fonts


def test_the_faces_hold_chinese_and_latin():
    for role, face in fonts.faces().items():
        assert {"贫", "A", "5", "。"} <= fonts.characters(face.path), role


def test_a_character_that_no_face_has_is_named():
    with pytest.raises(ValueError, match=r"✗.*U\+2717.*needed in 'passes ✗'"):
        fonts.check_glyphs("passes ✗")


def test_a_face_in_the_users_folder_takes_the_place_of_the_wheels(tmp_path, monkeypatch):
    shutil.copy(fonts.paths()["serif"], tmp_path / "Sans.otf")
    monkeypatch.setenv("ANALYSIS_FONTS", str(tmp_path))
    assert fonts.faces()["sans"].family == "Noto Serif SC"
    assert fonts.paths()["bold"].name == "NotoSansCJKjp-Bold.otf"


@pytest.mark.parametrize("wheel", ["no_such_package", "pylopdf_fonts_zh_cn"])
def test_a_missing_face_says_what_to_install(wheel, monkeypatch):
    monkeypatch.setitem(fonts.WHEELS, "sans", (wheel, "NoSuchFile.otf"))
    with pytest.raises(ValueError, match=r"sans typeface NoSuchFile.otf is missing; install"):
        fonts.paths()


def test_a_missing_folder_and_a_file_that_is_no_font_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ANALYSIS_FONTS", str(tmp_path / "none"))
    with pytest.raises(ValueError, match="does not exist"):
        fonts.paths()
    (tmp_path / "bold.ttf").write_bytes(b"not a font")
    monkeypatch.setenv("ANALYSIS_FONTS", str(tmp_path))
    with pytest.raises(ValueError, match=r"bold.ttf is not a font file"):
        fonts.faces()


def test_a_face_cut_from_everyday_characters_is_the_one_cut_from_the_whole(tmp_path, monkeypatch):
    def faces(name, text="返贫 2018年 County’s 5.42% †−①（）"):
        folder = tmp_path / name
        folder.mkdir()
        return {role: path.read_bytes() for role, path in fonts.cut(text, folder).items()}

    kept = faces("everyday")
    monkeypatch.setattr(fonts, "everyday", fonts._face)
    assert faces("whole") == kept


def test_a_character_that_is_not_an_everyday_one_is_cut_from_the_whole_face(tmp_path):
    assert ord("镕") not in fonts._everyday_characters()
    for role, path in fonts.cut("镕基", tmp_path).items():
        assert {"镕", "基"} <= fonts.characters(path), role
