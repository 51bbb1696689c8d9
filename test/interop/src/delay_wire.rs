//! `peer delay-wire`: a cable that takes its time, for kernels without netem.

mod queue;
mod tun;

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    os::fd::{AsRawFd, RawFd},
    ptr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::{arguments::Arguments, lines::emit};
use queue::{Manners, Queue};
use tun::End;

pub const HELP: &str = "
peer delay-wire --a NETNS/DEV[:ADDR,…] --b NETNS/DEV[:ADDR,…] --ms M [--jitter J] [--loss PERCENT] [--seed N] [--no-stdin]

A wire between two network namespaces: a new TUN device in each, up, with these addresses (as `ip addr add` takes them);
what is sent into one comes out of the other M milliseconds later. Linux, root, the program `ip`. Prints
  {\"event\":\"ready\",\"role\":\"delay-wire\"}
and, when stdin closes, takes the devices away and prints
  {\"event\":\"done\",\"carried\",\"lost\",\"overflowed\",\"refused\",\"lateMsMean\",\"lateMsMax\"}
where late is how long after its time a packet was delivered.
  --a, --b   the ends; NETNS is a name of `ip netns`, or the path of a namespace's file (/proc/PID/ns/net)
  --ms       one way, so half of what it adds to a round trip; fractions are fine
  --jitter   each packet takes up to J ms more or less, evenly spread: they may overtake each other (default 0)
  --loss     of 100 packets, each way and each by itself (default 0)
  --seed     the same seed loses the same packets (default 1)
  --no-stdin  does not look at stdin: runs until it is killed";

/// How many packets are read before those that are due are looked at again.
const BATCH: usize = 64;

pub fn run(mut arguments: Arguments) -> Result<()> {
    let ends: [End; 2] = [arguments.need("a")?.parse()?, arguments.need("b")?.parse()?];
    let delay = arguments.number("ms")?.context("--ms is missing")?;
    let jitter = arguments.number("jitter")?.unwrap_or(0.0);
    let loss: f64 = arguments.number("loss")?.unwrap_or(0.0);
    let seed = arguments.number("seed")?.unwrap_or(1);
    let ends_with_stdin = arguments.allows("stdin");
    arguments.finish()?;
    ensure!((0.0..=100.0).contains(&loss), "--loss is 0 to 100");
    let manners = Manners {
        delay: milliseconds(delay).context("--ms is 0 to 60000")?,
        jitter: milliseconds(jitter).context("--jitter is 0 to 60000")?,
        loss: loss / 100.0,
        seed,
    };
    let mut wire = Wire::new([ends[0].open()?, ends[1].open()?], manners);
    hurry();
    emit(json!({ "event": "ready", "role": "delay-wire" }));
    wire.carry(ends_with_stdin)?;
    let Wire { queue, carried, refused, late, latest, .. } = wire;
    emit(json!({
        "event": "done",
        "carried": carried,
        "lost": queue.lost,
        "overflowed": queue.overflowed,
        "refused": refused,
        "lateMsMean": late.as_secs_f64() * 1e3 / carried.max(1) as f64,
        "lateMsMax": latest.as_secs_f64() * 1e3,
    }));
    Ok(())
}

fn milliseconds(number: f64) -> Option<Duration> {
    (0.0..=60_000.0).contains(&number).then(|| Duration::from_secs_f64(number / 1e3))
}

struct Wire {
    ends: [File; 2],
    queue: Queue,
    carried: u64,
    /// By the device, because it is down or full.
    refused: u64,
    late: Duration,
    latest: Duration,
}

impl Wire {
    fn new(ends: [File; 2], manners: Manners) -> Self {
        let (late, latest) = (Duration::ZERO, Duration::ZERO);
        Self { ends, queue: Queue::new(manners), carried: 0, refused: 0, late, latest }
    }

    /// Until stdin closes, if it is looked at. One thread: two would only fight for the queue.
    fn carry(&mut self, ends_with_stdin: bool) -> Result<()> {
        let mut buffer = vec![0; 65_536];
        // A negative number is a file that never has anything.
        let stdin = if ends_with_stdin { io::stdin().as_raw_fd() } else { -1 };
        loop {
            self.deliver();
            let files = [self.ends[0].as_raw_fd(), self.ends[1].as_raw_fd(), stdin];
            let [at_a, at_b, at_stdin] = wait(files, self.queue.next_due()).context("waiting for packets")?;
            if at_a {
                self.read(0, &mut buffer)?;
            }
            if at_b {
                self.read(1, &mut buffer)?;
            }
            if at_stdin && io::stdin().read(&mut buffer)? == 0 {
                return Ok(());
            }
        }
    }

    fn deliver(&mut self) {
        while let Some((due, to, packet)) = self.queue.pop(Instant::now()) {
            match self.ends[to].write_all(&packet) {
                Ok(()) => {
                    let late = due.elapsed();
                    self.carried += 1;
                    self.late += late;
                    self.latest = self.latest.max(late);
                }
                Err(_) => self.refused += 1,
            }
        }
    }

    fn read(&mut self, from: usize, buffer: &mut [u8]) -> Result<()> {
        for _ in 0..BATCH {
            match self.ends[from].read(buffer) {
                Ok(length) => self.queue.take(Instant::now(), 1 - from, &buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("reading from a device"),
            }
        }
        Ok(())
    }
}

/// Waits until one of the files has something, or until `due`; tells which.
fn wait<const N: usize>(files: [RawFd; N], due: Option<Instant>) -> io::Result<[bool; N]> {
    let mut polled = files.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    let left = due.map(|due| due.saturating_duration_since(Instant::now()));
    let left = left.map(|left| libc::timespec {
        tv_sec: left.as_secs() as libc::time_t,
        tv_nsec: left.subsec_nanos() as libc::c_long,
    });
    let left = left.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the array and the time outlive the call and are told with their right length; no signal mask is given.
    let found = unsafe { libc::ppoll(polled.as_mut_ptr(), N as libc::nfds_t, left, ptr::null()) };
    if found < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == ErrorKind::Interrupted { Ok([false; N]) } else { Err(error) };
    }
    Ok(polled.map(|file| file.revents != 0))
}

/// Goes before ordinary programs, which would hold packets up by milliseconds on a busy machine; it hardly ever runs.
/// Where that is not permitted, it is merely late.
fn hurry() {
    let priority = libc::sched_param { sched_priority: 1 };
    // SAFETY: the call reads `priority`, which outlives it; 0 is this thread.
    let _ = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &priority) };
}
