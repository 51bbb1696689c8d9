//! Packets under way, and what chance does to them.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

/// More than a gigabit's worth of 100 ms: past it a wire that is not read from would eat all memory.
const MOST: usize = 20_000;

/// Ordered by time; the number keeps the order of packets that are due at once.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    due: Instant,
    number: u64,
    to: usize,
    packet: Vec<u8>,
}

/// How a wire treats a packet.
pub struct Manners {
    pub delay: Duration,
    /// Up to this much more or less, evenly spread; packets may overtake each other.
    pub jitter: Duration,
    /// 0 to 1.
    pub loss: f64,
    pub seed: u64,
}

pub struct Queue {
    manners: Manners,
    waiting: BinaryHeap<Reverse<Waiting>>,
    pub taken: u64,
    pub lost: u64,
    pub overflowed: u64,
}

impl Queue {
    pub fn new(manners: Manners) -> Self {
        Self { manners, waiting: BinaryHeap::new(), taken: 0, lost: 0, overflowed: 0 }
    }

    /// Takes a packet that came at `now` and goes out at the end `to`.
    pub fn take(&mut self, now: Instant, to: usize, packet: &[u8]) {
        self.taken += 1;
        // Both are drawn for every packet: whether one is lost does not change the delays of the others.
        let (fate, spread) = (self.chance(), self.chance());
        if fate < self.manners.loss {
            self.lost += 1;
        } else if self.waiting.len() >= MOST {
            self.overflowed += 1;
        } else {
            let earliest = self.manners.delay.saturating_sub(self.manners.jitter);
            let room = self.manners.delay + self.manners.jitter - earliest;
            let due = now + earliest + room.mul_f64(spread);
            self.waiting.push(Reverse(Waiting { due, number: self.taken, to, packet: packet.to_vec() }));
        }
    }

    pub fn next_due(&self) -> Option<Instant> {
        self.waiting.peek().map(|Reverse(first)| first.due)
    }

    /// The next packet whose time has come: when that was, its end, itself.
    pub fn pop(&mut self, now: Instant) -> Option<(Instant, usize, Vec<u8>)> {
        let due = self.next_due().filter(|due| *due <= now)?;
        let Reverse(first) = self.waiting.pop()?;
        Some((due, first.to, first.packet))
    }

    /// Evenly in [0, 1), by splitmix64: the same seed loses the same packets.
    fn chance(&mut self) -> f64 {
        self.manners.seed = self.manners.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.manners.seed;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }
}
