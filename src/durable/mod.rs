//! Files and folders: read within bounds, written whole or not at all, and on the disk before
//! anybody says so. The only place that does either.
//!
//! A new file is written aside (`.dspt-` and six letters), synchronised and renamed, and then its
//! folder is synchronised. Until then its writer holds a lock on it, so that what a killed process
//! left behind is told apart from what somebody is still writing, and is swept by the next writer.
//!
//! Files for their owner alone ([`Access::Owner`]) have mode 0600 whatever the umask says: ledgers,
//! heads, keys, state. What is made to be handed on ([`Access::Umask`]) follows the umask.

mod read;
mod write;

pub use read::{
    ReadError, open_regular, open_regular_or_pipe, read_at_most, read_blocks, read_if_there,
    read_start,
};
pub use write::{
    Access, AsideFolder, Batch, folder_of, make_folders, rename_new, replace, replace_like,
    require_replaceable, sweep, sync_file, sync_folder, write_new,
};

#[cfg(test)]
mod tests;
