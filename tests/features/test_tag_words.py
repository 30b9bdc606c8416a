"""Every declared window, null rule, owner and value can be read in Chinese."""

import re

from features import catalog, tag_words

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_declared_window_null_rule_and_owner_is_translated() -> None:
    tags = catalog.definitions()
    missing = {tag.window for tag in tags if not CHINESE.search(tag_words.window(tag.window))}
    missing |= {tag.null_rule for tag in tags if not CHINESE.search(tag_words.null_rule(tag.null_rule))}
    missing |= {tag.owner for tag in tags if not CHINESE.search(tag_words.owner(tag.owner))}
    assert not missing, f"add them to {tag_words.FILE.name}"


def test_every_value_of_a_tag_has_a_name_in_both_languages() -> None:
    named = tag_words.value_names(catalog.SEGMENTS, catalog.PLUGINS)
    texts = [tag for tag in catalog.definitions() if tag.value_type == "text" and tag.allowed_values]
    unnamed = [(tag.id, value) for tag in texts for value in tag.allowed_values if value not in named.get(tag.id, {})]
    assert unnamed == [], f"add them to {tag_words.VALUES.name}"
    assert named["value_segment"]["value_5_top"][0] == "高端客群"
    assert named["wealth_micro_segment"]["silver_wealth"][0] == "颐年一族" and named["wealth_micro_segment"]["other"] == tag_words.OTHER
    assert all(zh and en for values in named.values() for zh, en in values.values())


def test_spans_and_unknown_words() -> None:
    assert tag_words.window("180d") == tag_words.window("180 d") == "近 180 天"
    assert tag_words.window("12 months") == "近 12 个月"
    assert tag_words.window("between two moons") == "between two moons"
