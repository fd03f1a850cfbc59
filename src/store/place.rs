//! Whether a folder is on a local disk: the journal is chosen by it, and writing may be refused.

use std::path::{Path, PathBuf};

/// Where a folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A local disk, where processes share memory and locks hold.
    Local,
    /// Not known; treated with the care that a remote disk needs.
    Unknown,
    /// A network file system whose locks cannot be relied on.
    Network(String),
}

/// File systems of disks in or on this computer.
const LOCAL: [&str; 16] = [
    "apfs", "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "overlay",
    "ramfs", "reiserfs", "tmpfs", "xfs", "zfs", "squashfs",
];

/// File systems whose locks may hold on one computer only, or not at all.
const NETWORK: [&str; 15] = [
    "nfs",
    "nfs4",
    "cifs",
    "smbfs",
    "smb2",
    "smb3",
    "afs",
    "ncpfs",
    "davfs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.davfs2",
    "fuse.s3fs",
    "fuse.gvfsd-fuse",
    "fuse.curlftpfs",
];

/// Says where `folder`, a path without symbolic links, is.
pub(super) fn of(folder: &Path) -> Place {
    if cfg!(windows) {
        // \\server\share, however it is spelt; a mapped drive letter stays unknown.
        let text = folder.to_string_lossy().replace('/', "\\");
        let remote = text.starts_with("\\\\?\\UNC\\")
            || (text.starts_with("\\\\") && !text.starts_with("\\\\?\\"));
        return if remote { Place::Network("a Windows share".into()) } else { Place::Unknown };
    }
    match std::fs::read_to_string("/proc/self/mountinfo") {
        Ok(mounts) => classify(&mounts, folder),
        Err(_) => Place::Unknown,
    }
}

/// Whether the memory that a write-ahead log shares can be had at `path` without a risk: SQLite
/// claims it by one byte in each 4 KiB, and where blocks are smaller, the rest may meet a full disk
/// only when it is used, which ends the process at once.
pub(super) fn shares_memory(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).is_ok_and(|metadata| metadata.blksize() >= 4_096)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        true
    }
}

/// Finds the file system of `folder` in a mount table, as proc(5) describes it.
fn classify(mounts: &str, folder: &Path) -> Place {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((left, right)) = line.split_once(" - ") else { continue };
        let (Some(point), Some(kind)) = (left.split(' ').nth(4), right.split(' ').next()) else {
            continue;
        };
        let point = unescape(point);
        let depth = point.components().count();
        // Of several mounts on one point the last hides the others.
        if folder.starts_with(&point) && best.is_none_or(|(found, _)| found <= depth) {
            best = Some((depth, kind));
        }
    }
    match best {
        Some((_, kind)) if LOCAL.contains(&kind) => Place::Local,
        Some((_, kind)) if NETWORK.contains(&kind) => Place::Network(kind.to_owned()),
        Some(_) | None => Place::Unknown,
    }
}

/// Undoes the table's octal escapes: space, tab, line feed and backslash.
fn unescape(text: &str) -> PathBuf {
    let text = text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n");
    PathBuf::from(text.replace("\\134", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:20 / /mnt/shared rw - nfs4 server:/x rw
23 21 0:21 / /mnt/with\\040space rw master:2 - cifs //server/y rw
24 21 0:22 / /mnt/odd rw - fuse.unheard-of odd rw
25 21 0:23 / /home/a/remote rw - fuse.sshfs b:/ rw
26 22 8:2 / /mnt/shared/local rw - xfs /dev/sdb1 rw
27 21 0:24 / /mnt/twice rw - ext4 /dev/sdc1 rw
28 27 0:25 / /mnt/twice rw - smb3 //server/z rw
not a mount line
";

    #[track_caller]
    fn check(folder: &str, expected: &Place) {
        assert_eq!(classify(MOUNTS, Path::new(folder)), *expected);
    }

    #[test]
    fn the_deepest_and_latest_mount_decides() {
        check("/home/a", &Place::Local);
        check("/home/a/remote/x", &Place::Network("fuse.sshfs".into()));
        check("/mnt/shared", &Place::Network("nfs4".into()));
        check("/mnt/shared/local/x", &Place::Local);
        check("/mnt/sharedx", &Place::Local);
        check("/mnt/with space/x", &Place::Network("cifs".into()));
        check("/mnt/odd", &Place::Unknown);
        check("/mnt/twice", &Place::Network("smb3".into()));
        assert_eq!(classify("", Path::new("/")), Place::Unknown);
    }
}
