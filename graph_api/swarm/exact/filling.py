"""Filling a team up with people who have no ties to it: only their slack counts."""

import numpy as np

from graph_api.swarm.exact.arrays import Integers, Truths
from graph_api.swarm.exact.compiling import compiled
from graph_api.swarm.exact.kept import Best, Pairs, People, Rules, extend, least_completed, may_join, threshold
from graph_api.swarm.exact.path import Path, complete, enter, is_stopped


@compiled
def fill(people: People, pairs: Pairs, rules: Rules, path: Path, best: Best, stop: Integers, first: int) -> None:
    """Try all who can fill up the first members, those of least slack first."""
    depth = first
    fixed = rules.ceiling + path.bonuses[first]
    path.counts[depth], path.places[depth] = _fillers(people, rules, path, depth, fixed - threshold(best)), 0
    while depth >= first:
        place = path.places[depth]
        is_over = place == path.counts[depth] or fixed - path.worth[depth, place] <= threshold(best)
        if is_over or is_stopped(path, stop):
            path.banned[path.lists[depth, :place]] -= 1
            depth -= 1
            continue
        one = path.lists[depth, place]
        path.places[depth] += 1
        if not may_join(people, rules, path.team, depth, one):
            path.banned[one] += 1
            continue
        enter(people, path, depth, one)  # he stays banned when the path comes back: that team was tried
        if depth + 1 == rules.size:
            complete(people, pairs, rules, path, best)
            continue
        depth += 1
        path.counts[depth], path.places[depth] = _fillers(people, rules, path, depth, fixed - threshold(best)), 0


@compiled
def _fillers(people: People, rules: Rules, path: Path, depth: int, room: int) -> int:
    """List who can fill up the team with less slack than there is room for; return their number."""
    missing, found = rules.size - depth - 1, 0
    covered, extended = path.covered[depth], path.covered[depth + 1]
    needed = _needed(people, rules, path, depth)
    for one in range(len(people.short)):
        if path.banned[one] or people.short[one] >= room or (len(needed) and not needed[one]):
            continue
        extend(covered, people.slack[one], int(people.able[one]), extended)
        slack = least_completed(extended, rules, missing)
        if slack < room:
            path.lists[depth, found], path.worth[depth, found] = one, slack
            found += 1
    order = np.argsort(path.worth[depth, :found], kind="mergesort")
    path.lists[depth, :found] = path.lists[depth, :found][order]
    path.worth[depth, :found] = path.worth[depth, :found][order]
    return found


@compiled
def _needed(people: People, rules: Rules, path: Path, depth: int) -> Truths:
    """Tell who counts for a rule that the team does not satisfy yet; empty where there is none."""
    team = path.team[:depth]
    if rules.needs_country and not people.in_country[team].any():
        return people.in_country
    for row in range(len(rules.depth_members)):
        if people.depth_able[row][team].sum() < rules.depth_members[row]:
            return people.depth_able[row]
    return np.zeros(0, np.bool_)
