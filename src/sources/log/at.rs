//! One file, read from several places at once.

use std::fs::File;
use std::io::{self, Read};

/// A file from an offset on; others read it elsewhere meanwhile.
pub(super) struct At<'a> {
    pub file: &'a File,
    pub at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(self.file, buffer, self.at)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(self.file, buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
