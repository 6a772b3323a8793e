"""What a probe's output says: how many packets were lost, when, and how long the silence was."""

from __future__ import annotations

from lab.bgp.probes import read_output

BEGAN = 100.0


def output(replied: dict[int, float], sent: int | None) -> str:
    lines = [
        f"[{moment:.6f}] 64 bytes from 10.10.30.4: icmp_seq={number} ttl=59 time=0.5 ms"
        for number, moment in replied.items()
    ]
    counts = [f"{sent} packets transmitted, {len(replied)} received"] if sent is not None else []
    return "\n".join(["PING 10.10.30.4 (10.10.30.4) 56(84) bytes of data.", *lines, "", *counts])


def test_the_outage_is_the_longest_silence() -> None:
    replied = {1: 100.0, 2: 100.1, 3: 100.2, 14: 101.3, 15: 101.4}
    result = read_output(output(replied, 15), BEGAN, 101.5)
    assert (len(result.sent), len(result.lost), round(result.outage, 3)) == (15, 10, 1.0)


def test_a_silence_that_does_not_end_counts_too() -> None:
    result = read_output(output({1: 100.0, 2: 100.1}, 33), BEGAN, 103.2)
    assert (len(result.lost), round(result.outage, 3)) == (31, 3.0)


def test_losses_are_told_by_when_the_packets_were_sent() -> None:
    replied = {number: 100 + number / 10 for number in (1, 2, 5, 6, 7, 9, 10)}
    result = read_output(output(replied, 10), BEGAN, 101.1)
    assert [round(moment, 2) for moment in result.lost] == [100.3, 100.4, 100.8]
    assert (result.lost_between(0, 100.7), result.lost_between(100.7, 102)) == (2, 1)


def test_nothing_at_all_came_back() -> None:
    result = read_output(output({}, 10), BEGAN, 101.0)
    assert len(result.lost) == 10
    assert all(BEGAN <= moment <= 101.0 for moment in result.sent)


def test_a_probe_that_could_not_say_how_many_it_sent() -> None:
    result = read_output(output({1: 100.1, 3: 100.3}, None), BEGAN, 100.4)
    assert (len(result.sent), len(result.lost)) == (3, 1)
