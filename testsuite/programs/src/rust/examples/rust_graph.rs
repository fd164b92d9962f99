//! Graphs: shortest paths with a heap of the standard library, a spanning tree with sets that are joined, layers with a queue.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use programs::{mix, Random};

#[derive(Clone, Copy)]
struct Edge {
    to: usize,
    weight: u32,
}

struct Graph {
    edges: Vec<Vec<Edge>>,
}

impl Graph {
    fn random(random: &mut Random, nodes: usize, degree: u32) -> Self {
        let mut edges = vec![Vec::new(); nodes];
        for from in 0..nodes {
            for _ in 0..degree {
                let to = random.below(nodes as u32) as usize;
                let weight = 1 + random.below(100);
                edges[from].push(Edge { to, weight });
                edges[to].push(Edge { to: from, weight });
            }
        }
        Graph { edges }
    }

    fn distances(&self, start: usize) -> Vec<Option<u64>> {
        let mut best = vec![None; self.edges.len()];
        let mut heap = BinaryHeap::from([Reverse((0_u64, start))]);
        while let Some(Reverse((distance, node))) = heap.pop() {
            if best[node].is_some() {
                continue;
            }
            best[node] = Some(distance);
            for edge in &self.edges[node] {
                if best[edge.to].is_none() {
                    heap.push(Reverse((distance + u64::from(edge.weight), edge.to)));
                }
            }
        }
        best
    }

    fn layers(&self, start: usize) -> Vec<usize> {
        let mut depth = vec![usize::MAX; self.edges.len()];
        let mut queue = VecDeque::from([start]);
        depth[start] = 0;
        while let Some(node) = queue.pop_front() {
            for edge in &self.edges[node] {
                if depth[edge.to] == usize::MAX {
                    depth[edge.to] = depth[node] + 1;
                    queue.push_back(edge.to);
                }
            }
        }
        depth
    }

    fn spanning_weight(&self) -> u64 {
        let mut parents: Vec<usize> = (0..self.edges.len()).collect();
        let mut edges: Vec<(u32, usize, usize)> = Vec::new();
        for (from, list) in self.edges.iter().enumerate() {
            edges.extend(list.iter().map(|edge| (edge.weight, from, edge.to)));
        }
        edges.sort_unstable();
        let mut weight = 0;
        for (w, a, b) in edges {
            let (a, b) = (root(&mut parents, a), root(&mut parents, b));
            if a != b {
                parents[a] = b;
                weight += u64::from(w);
            }
        }
        weight
    }
}

fn root(parents: &mut [usize], mut node: usize) -> usize {
    while parents[node] != node {
        parents[node] = parents[parents[node]];
        node = parents[node];
    }
    node
}

/// The measured work.
#[export_name = "run"]
pub extern "C" fn run(n: u32) -> u32 {
    let mut random = Random(77);
    let mut sum = 0;
    for round in 0..n {
        let graph = Graph::random(&mut random, 400, 3);
        let start = round as usize % 400;
        for distance in graph.distances(start).into_iter().flatten() {
            sum = mix(sum, distance as u32);
        }
        sum = graph
            .layers(start)
            .iter()
            .fold(sum, |sum, &d| mix(sum, d as u32));
        sum = mix(sum, graph.spanning_weight() as u32);
    }
    sum
}
