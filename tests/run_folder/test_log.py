from catdcgan.run_folder.log import RunLog


def test_a_line_is_shown_and_kept_with_its_time(tmp_path, capsys):
    log = RunLog()
    log.say("before the file is open")
    log.open(str(tmp_path / "train.log"))
    log.keep("kept alone")
    lines = (tmp_path / "train.log").read_text().splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == ["before the file is open", "kept alone"]
    assert capsys.readouterr().out == "before the file is open\n"
