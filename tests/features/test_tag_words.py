"""Every declared window, null rule and owner can be read in Chinese."""

import re

from features import catalog, tag_words

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_declared_window_null_rule_and_owner_is_translated() -> None:
    tags = catalog.definitions()
    missing = {tag.window for tag in tags if not CHINESE.search(tag_words.window(tag.window))}
    missing |= {tag.null_rule for tag in tags if not CHINESE.search(tag_words.null_rule(tag.null_rule))}
    missing |= {tag.owner for tag in tags if not CHINESE.search(tag_words.owner(tag.owner))}
    assert not missing, f"add them to {tag_words.FILE.name}"


def test_spans_and_unknown_words() -> None:
    assert tag_words.window("180d") == tag_words.window("180 d") == "近 180 天"
    assert tag_words.window("12 months") == "近 12 个月"
    assert tag_words.window("between two moons") == "between two moons"
