"""Who waits for a long test is told how far it is, in the way that fits where it is read."""

from io import StringIO

from tests.acceptance.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_every_tenth_is_a_line() -> None:
    out = StringIO()
    bar = Progress(40, "Orders", out)
    for _ in range(40):
        bar.step()
    lines = out.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[-1].startswith(f"Orders [{'#' * 32}] 40/40, ")


def test_on_a_terminal_the_bar_is_drawn_over_itself_and_ends_with_a_new_line() -> None:
    out = Terminal()
    bar = Progress(4, "Orders", out)
    for _ in range(4):
        bar.step()
    assert out.getvalue().count("\r") == 4
    assert out.getvalue().count("\n") == 1
    assert f"[{'#' * 16}{'.' * 16}] 2/4" in out.getvalue()


def test_nothing_is_said_unless_asked_for() -> None:
    bar = Progress(2, "Orders")
    bar.step()
    assert bar.done == 1
