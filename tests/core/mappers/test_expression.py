from __future__ import annotations

import subprocess
import sys
import threading
from copy import deepcopy

import pytest

from crossdock.mappers.expression import Expression, Nothing, as_json
from crossdock.mappers.failures import ExpressionError


def value(text, item, **variables):
    return Expression(text).value(item, variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("market = 'us'", True),
        ("lines.sku", ["mug-01", "cup-02"]),
        ("lines[sku = 'cup-02'].quantity", "1"),
        ("$number_of(lines[0].quantity) > 2", True),
        ("$sum(lines.$number_of(quantity)) = 3.5", True),
        ("$map(lines, function($line){ $line.sku })", ["mug-01", "cup-02"]),
        ("$filter(lines, function($line){ $like($line.sku, 'mug*') }).sku", "mug-01"),
        ("lines@$line.{'sku': $line.sku}", [{"sku": "mug-01"}, {"sku": "cup-02"}]),
        ("lines#$place.{'place': $place}", [{"place": 0}, {"place": 1}]),
        ("lines^(>sku).sku", ["mug-01", "cup-02"]),
        ("market ~> $uppercase", "US"),
        ("node", Nothing),
        ("null", None),
        ("{'a': null, 'b': node}", {"a": None}),
        ("$exists(node)", False),
        ("$toMillis(ordered_at)", 1793520000000),
        ("$distinct(['a', 'b', 'a'])", ["a", "b"]),
        ("$join(lines.sku, ', ')", "mug-01, cup-02"),
        ("$replace(lines[0].sku, '-', '/')", "mug/01"),
        ("$pad('7', -3, '0')", "007"),
        ("$pad('7', 3)", "7  "),
        ("lines.quantity.$number()", [2.5, 1]),
    ],
)
def test_expression_gives_what_jsonata_gives(order, text, expected):
    if expected == [2.5, 1]:
        assert Expression(f"$string({text})").value(as_json(order), {}) == "[2.5,1]"
    else:
        assert value(text, as_json(order)) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(market", "expected"),
        ("market =", "unexpected end"),
        ("'us", "matching quote"),
        ("/* never closed", "no complete"),
        ("$now()", "reads no clock"),
        ("$millis()", "reads no clock"),
        ("$random()", "is pure"),
        ("$shuffle(lines)", "is pure"),
        ("$eval('1')", "checked before it runs"),
        ("lines ~> $shuffle", "is pure"),
        ("$upercase(market)", "no $upercase"),
        ("$unbound.sku", "no $unbound"),
        ("uppercase(market)", "begin with $"),
        ("$contains(market, /a+/)", "regular expressions"),
        ("$match(market, 'a')", "regular expressions"),
        ("$substring(?, 1)", "in place of an argument"),
        ("12345678901234567890", "more digits"),
        ("1" * 5000, "at most 4,000"),
        ("$__evaluate_entry", "no $__evaluate_entry"),
    ],
)
def test_expression_that_cannot_be_used_is_refused_when_it_is_compiled(text, reason):
    with pytest.raises(ExpressionError) as raised:
        Expression(text)

    assert reason in raised.value.reason


def test_refused_expression_says_where_it_breaks():
    with pytest.raises(ExpressionError, match=r"at character 19, near `= .us. and \)`"):
        Expression("market = 'us' and )")


def test_mistyped_function_is_answered_with_the_nearest():
    with pytest.raises(ExpressionError) as raised:
        Expression("$upercase(market)")

    assert raised.value.fix == "write $uppercase"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("($f := function($x){ $f($x + 1) }; $f(1))", "takes too"),
        ("($f := function($x){ 1 + $f($x) }; $f(1))", "levels deep"),
        ("$count([1..9999999])", "range is longer"),
        ("$count([1..9000].[1..9000])", "too"),
        ("($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $f('aaaaaaaaaa', 40))", "grows too large"),
        ("($f := function($s, $n){ $n = 0 ? $s : $f([[$s], [$s]], $n - 1) }; $string($f([1], 40)))", "too"),
        ("($f := function($s, $n){ $n = 0 ? $s : $f({'a': $s, 'b': $s}, $n - 1) }; $f({}, 40))", "too"),
        ("$replace($pad('', 90000, 'a'), 'a', $pad('', 90000, 'b'))", "beyond"),
        ("$join([1..9000].('x'), $pad('', 9000, 'a'))", "beyond"),
        ("$length($pad('x', 1000000000)) > 100000", None),
        ("$power(10, 400)", "failed with OverflowError"),
        ("1 / 0", "failed with ZeroDivisionError"),
        ("0.1 + 0.2", "may not be exact"),
        ("9007199254740991 * 4", "may not be exact"),
        ("$uppercase", "a function"),
        ("$error('boom')", "error of its own"),
        ("$like(1, 'a')", "takes texts"),
        ("$money_mul('1', '2', '3')", "more or fewer arguments"),
        ("$toMillis('2026-11-01')", "with its zone"),
    ],
)
def test_expression_stays_within_its_bounds(text, reason):
    if reason is None:
        assert value(text, {}) is False
        return
    with pytest.raises(ExpressionError) as raised:
        value(text, {})

    assert reason in raised.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "ship_to.name > 1",
        "ship_to.name()",
        "$error(ship_to.name)",
        "$number(ship_to.name)",
        "[ship_to, ship_to]^(name > 1)",
        "{ship_to: 1}",
        "$toMillis(ship_to.name)",
        "-ship_to.name",
        "$single([ship_to.name, ship_to.name])",
        "$assert(false, ship_to.name)",
    ],
)
def test_failure_shows_nothing_of_the_document(order, buyer, capsys, text):
    with pytest.raises(ExpressionError) as raised:
        value(text, as_json(order))

    shown = f"{raised.value} {raised.value.fix} {raised.value.__cause__} {capsys.readouterr()}"
    assert buyer not in shown


def test_numbers_in_texts_are_explained(order):
    with pytest.raises(ExpressionError) as raised:
        value("lines[0].quantity > 1", as_json(order))

    assert "$number_of" in raised.value.fix


@pytest.mark.parametrize(
    "text",
    [
        "charges{kind: 1}",
        "lines.charges{kind: 1}",
        "$document.charges{kind: 1}",
        "lines@$l.charges{kind: 1}",
        "$append(charges, 1)",
        "$append($document.lines, lines)",
        "$reverse(lines)",
        "$sort(lines, function($a, $b){ $a.sku < $b.sku })",
        "lines^(sku)",
        "$merge(lines)",
        "$spread(lines)",
        "$distinct(lines)",
        "$zip(lines, lines)",
        "lines ~> |$|{'a': 1}|",
        "$ ~> |lines|{'a': 1}, 'sku'|",
        "($x := lines; $x := $append($x, 1); $x)",
        "[lines, charges]",
        "**",
        "*",
    ],
)
def test_expression_changes_nothing_that_it_sees(text):
    item = {"charges": [], "lines": [{"charges": [], "sku": "b"}, {"charges": [1], "sku": "a", "gone": None}]}
    before = deepcopy(item)

    value(text, item, document=item)

    assert item == before


def test_compiled_expression_works_in_every_thread_at_once():
    expression = Expression("$map([1..50], function($x){ $x * by })")
    found = {}

    def work(by):
        found[by] = [expression.value({"by": by}, {}) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(by,)) for by in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(found[by] == [[number * by for number in range(1, 51)]] * 5 for by in range(1, 5))


def test_another_user_of_the_library_in_the_same_thread_is_not_bounded():
    from jsonata import Jsonata

    theirs = Jsonata("$map([1], function($x){ $x + 1 })")
    ours = Expression("$count([1..99999])")

    with pytest.raises(ExpressionError, match="range is longer"):
        ours.value({}, {})

    assert theirs.evaluate({}) == [2] or theirs.evaluate({}) == 2
    assert Jsonata("$count([1..99999])").evaluate({}) == 99999


def test_library_is_loaded_with_the_first_expression_and_leaves_the_process_as_it_was():
    script = (
        "import sys; before = sys.getrecursionlimit(); from crossdock.mappers import FilterMapper\n"
        "assert 'jsonata' not in sys.modules\n"
        "FilterMapper(when='true'); assert 'jsonata' in sys.modules; assert sys.getrecursionlimit() == before"
    )

    subprocess.run([sys.executable, "-c", script], check=True)
