"""The tests that the README names exist."""

from pathlib import Path

from tests.core.test_docs_tables import NAMED, missing

README = Path(__file__).parents[3] / "bridges" / "irc" / "README.md"


def test_each_feature_names_tests_that_exist():
    text = README.read_text("utf-8")
    assert list(missing(text)) == []
    assert len(NAMED.findall(text)) == text.count("::test_") > 60
