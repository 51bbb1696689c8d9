//! A TUN device in another network namespace.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{fd::AsRawFd, unix::fs::OpenOptionsExt},
    process::Command,
    str::FromStr,
};

use anyhow::{Context, Error, Result, bail, ensure};

/// `NETNS/DEV[:ADDR,…]`: the namespace by its name or as the path of its file.
#[derive(Debug, PartialEq)]
pub struct End {
    namespace: String,
    device: String,
    addresses: Vec<String>,
}

impl FromStr for End {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (place, addresses) = text.split_once(':').unwrap_or((text, ""));
        let Some((namespace, device)) = place.rsplit_once('/') else {
            bail!("expected NETNS/DEV[:ADDR,…], got {text:?}");
        };
        // The kernel keeps 16 bytes, the last of them a zero.
        ensure!((1..16).contains(&device.len()), "a device's name has 1 to 15 bytes, not {device:?}");
        let namespace = match namespace.contains('/') {
            true => namespace.to_owned(),
            false => format!("/run/netns/{namespace}"),
        };
        let addresses = addresses.split(',').filter(|address| !address.is_empty());
        Ok(Self { namespace, device: device.to_owned(), addresses: addresses.map(str::to_owned).collect() })
    }
}

impl End {
    /// Makes the device, gives it its addresses and sets it up. It is gone when the file is closed.
    pub fn open(&self) -> Result<File> {
        let namespace = File::open(&self.namespace).with_context(|| format!("opening {}", self.namespace))?;
        let home = File::open("/proc/thread-self/ns/net").context("opening our own namespace")?;
        enter(&namespace).with_context(|| format!("entering {}", self.namespace))?;
        let opened = self.open_here();
        // Opening a device in the wrong namespace later would be worse than no wire.
        enter(&home).context("leaving the namespace")?;
        opened.with_context(|| format!("making {} in {}", self.device, self.namespace))
    }

    fn open_here(&self) -> Result<File> {
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open("/dev/net/tun")
            .context("opening /dev/net/tun")?;
        attach(&device, &self.device)?;
        for address in &self.addresses {
            ip(&["addr", "add", address, "dev", &self.device])?;
        }
        ip(&["link", "set", &self.device, "up"])?;
        Ok(device)
    }
}

/// Moves this thread: what it opens and starts from now on belongs to that namespace.
fn enter(namespace: &File) -> io::Result<()> {
    // SAFETY: setns takes two numbers and touches no memory of ours; the file is open for as long as it runs.
    match unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The kernel's `struct ifreq`, of which TUNSETIFF reads the name and the flags.
#[repr(C)]
struct Request {
    name: [u8; libc::IFNAMSIZ],
    flags: libc::c_short,
    rest: [u8; size_of::<libc::ifreq>() - libc::IFNAMSIZ - size_of::<libc::c_short>()],
}

/// Makes a device of that name behind the file: bare IP packets (NO_PI), and it must not exist yet (EXCL).
fn attach(file: &File, name: &str) -> io::Result<()> {
    let flags = libc::IFF_TUN | libc::IFF_NO_PI | libc::IFF_TUN_EXCL;
    let mut request = Request {
        name: [0; libc::IFNAMSIZ],
        // IFF_TUN_EXCL is the sign bit of the kernel's short.
        flags: flags as libc::c_short,
        rest: [0; _],
    };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    // SAFETY: TUNSETIFF reads and writes one `struct ifreq`, which `request` is in size and layout, and it lives on.
    match unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &mut request) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn ip(words: &[&str]) -> Result<()> {
    let done = Command::new("ip").args(words).output().context("starting ip")?;
    ensure!(
        done.status.success(),
        "ip {}: {}",
        words.join(" "),
        String::from_utf8_lossy(&done.stderr).trim()
    );
    Ok(())
}
