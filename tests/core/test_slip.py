"""Receipts as text: 32 columns, in which a Chinese character takes two."""

from datetime import UTC, date, datetime

import msgspec

from ledger.core.slip import COLUMNS, Lapse, Slip, SlipLine, slip_text, width
from ledger.core.title import Title

SLIP = Slip(
    transaction="txn_06ek3v9q2m8zt1c7pa",
    kind="redeem",
    what=Title("兑换", "Redemption"),
    programme=Title("府西社区积分", "Fuxi community points"),
    number=1204,
    outlet="out_shop",
    place=Title("府西社区积分超市", "Fuxi points supermarket"),
    recorded_at=datetime(2026, 9, 14, 1, 30, tzinfo=UTC),
    happened_on=None,
    lines=(
        SlipLine("tissue", Title("抽纸", "Tissue"), 2, 60, 0),
        SlipLine("book", Title("绘本三只熊的故事精装典藏版全套十二册", "Picture book"), 1, 12, 350),
    ),
    points=72,
    gift=0,
    fen=350,
    before=100,
    after=28,
    owed=0,
    next_expiry=Lapse(28, date(2027, 9, 30)),
    terminal=None,
    shift="shf_1",
    served_by="staff:li",
    card=None,
    acted_by="mbr_7",
    acted_name="李**",
    follows=None,
)


def test_a_receipt_is_32_columns_wide() -> None:
    for language in ("zh", "en"):
        lines = slip_text(SLIP, language, "Asia/Shanghai").split("\n")
        assert max(map(width, lines)) <= COLUMNS, lines
    chinese = slip_text(SLIP, "zh", "Asia/Shanghai")
    assert "            No. 1204\n2026-09-14 09:30\n" in chinese
    assert f"积分{' ' * 26}72\n" in chinese
    assert "绘本三只熊的故事精装典藏版全套十\n二册\n" in chinese
    assert f"  x1{' ' * 18}12 + ¥3.50\n" in chinese
    assert "代办 李**\n" in chinese


def test_a_combining_mark_takes_no_column() -> None:
    assert (width("é"), width("é"), width("分é")) == (1, 1, 3)
    back = msgspec.structs.replace(SLIP, fen=-350, points=-72)
    assert f"现金{' ' * 22}¥-3.50\n" in slip_text(back, "zh", "Asia/Shanghai")
