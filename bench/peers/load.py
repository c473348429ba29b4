"""Timed requests on kept connections, by a client that costs little itself."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from time import perf_counter_ns
from typing import Any, NamedTuple

from bench.peers.server import LOOPBACK

TIMEOUT_SECONDS = 60


class Request(NamedTuple):
    """What is asked: without a body it is a GET."""

    path: str
    body: dict[str, Any] | None = None


class Timed(NamedTuple):
    """The nanoseconds of each request, the answers in the same order, and how long all took."""

    nanoseconds: list[int]
    answers: list[Any]
    seconds: float


def ask(port: int, requests: Sequence[Request]) -> tuple[list[int], list[Any]]:
    """Ask one after the other on one connection."""
    line, took, answers = HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_SECONDS), list[int](), list[Any]()
    line.connect()
    for each in requests:
        body = None if each.body is None else json.dumps(each.body).encode()
        began = perf_counter_ns()
        line.request("GET" if body is None else "POST", each.path, body, {"content-type": "application/json"})
        answer = line.getresponse()
        told = answer.read()
        took.append(perf_counter_ns() - began)
        answers.append(json.loads(told) if answer.status == 200 else None)
    line.close()
    return took, answers


def timed(port: int, requests: Sequence[Request], connections: int = 1) -> Timed:
    """Share requests among connections; each asks its own one after the other."""
    shares = [requests[number::connections] for number in range(connections)]
    began = perf_counter_ns()
    with ThreadPoolExecutor(connections) as pool:
        done = list(pool.map(partial(ask, port), shares))
    seconds = (perf_counter_ns() - began) / 1e9
    answers: list[Any] = [None] * len(requests)
    for number, (_, found) in enumerate(done):
        answers[number::connections] = found
    return Timed([each for took, _ in done for each in took], answers, seconds)
