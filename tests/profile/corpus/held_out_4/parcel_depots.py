# code: recompute
# kind: seeded
# gain: 5.9
# ruff: noqa
"""Assign parcels to delivery vans: street graph, distances from the depots, savings heuristic."""

import argparse
import heapq
import random
from collections import defaultdict

import networkx as nx


def street_graph(rng, columns, rows):
    graph = nx.grid_2d_graph(columns, rows)
    for first, second in graph.edges:
        graph.edges[first, second]["minutes"] = rng.uniform(0.5, 3.0)
    closed = rng.sample(sorted(graph.edges), k=graph.number_of_edges() // 12)
    graph.remove_edges_from(closed)
    return graph.subgraph(max(nx.connected_components(graph), key=len)).copy()


def any_minutes_from(graph, depot):
    return nx.single_source_dijkstra_path_length(graph, depot, weight="minutes")  # HERE


def any_quote(graph, depot, address, weight_kg):
    """Price and drive time of one parcel."""
    minutes = any_minutes_from(graph, depot)[address]  # HERE
    zone = 1 + int(minutes // 12)
    return minutes, 3.2 + 0.9 * zone + 0.15 * weight_kg * zone


def crow_minutes(first, second):
    return 1.4 * (abs(first[0] - second[0]) + abs(first[1] - second[1]))


def savings_routes(depot, stops, capacity_kg):
    """Clarke and Wright: join the two routes whose join saves most, while the van can carry it."""
    route_of = {index: [index] for index in range(len(stops))}
    load = {index: stops[index][1] for index in range(len(stops))}
    savings = []
    for first in range(len(stops)):
        for second in range(first + 1, len(stops)):
            a, b = stops[first][0], stops[second][0]
            saved = crow_minutes(depot, a) + crow_minutes(depot, b) - crow_minutes(a, b)
            if saved > 4:
                savings.append((-saved, first, second))
    heapq.heapify(savings)
    owner = {index: index for index in route_of}
    while savings:
        _, first, second = heapq.heappop(savings)
        left, right = owner[first], owner[second]
        if left == right or load[left] + load[right] > capacity_kg:
            continue
        if route_of[left][-1] != first or route_of[right][0] != second:
            continue
        for index in route_of[right]:
            owner[index] = left
        route_of[left] += route_of.pop(right)
        load[left] += load.pop(right)
    return list(route_of.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parcels", type=int, default=vary(620))
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    graph = street_graph(rng, 46, 40)
    corners = sorted(graph.nodes)
    depots = rng.sample(corners, k=45)

    day_plan = defaultdict(list)
    income = 0.0
    for _ in range(options.parcels):
        address, weight_kg = rng.choice(corners), round(rng.uniform(0.2, 18), 1)
        depot = min(depots, key=lambda place: crow_minutes(place, address))
        minutes, price = any_quote(graph, depot, address, weight_kg)
        income += price
        day_plan[depot].append((address, weight_kg, minutes))

    vans = 0
    late = 0
    for depot, stops in day_plan.items():
        routes = savings_routes(depot, stops, capacity_kg=160)
        vans += len(routes)
        late += sum(1 for route in routes if sum(stops[index][2] for index in route) > 480)
    print(f"{options.parcels} parcels, {vans} vans, {late} routes too long, income {income:.2f}")


if __name__ == "__main__":
    main()
