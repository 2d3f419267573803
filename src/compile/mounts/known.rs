//! What is known of the places inside: which ones we made, and where others' files begin.

use crate::strings::ThinCStr;
use crate::words::{Array, Words};

/// What a place stands on.
#[derive(Clone, Copy)]
pub enum Ground<'p> {
    /// A file system of our own, in which nothing is but what we make.
    Ours,
    /// Nothing: it is no directory.
    File,
    /// A symbolic link of ours; what it says.
    Link(ThinCStr<'p>),
    /// Files of others, which are believed to be there; or something that leads to such.
    Foreign {
        /// Where these files are outside, if what is made among them would stay.
        source: Option<ThinCStr<'p>>,
        /// The length of the path inside that stands for the source.
        depth: u32,
    },
}

impl<'p> Ground<'p> {
    /// Below a place these files, if it matters where they are outside.
    pub fn below(path: &[u8], source: Option<ThinCStr<'p>>) -> Self {
        Ground::Foreign {
            source,
            depth: path.len() as u32 + u32::from(!path.is_empty()),
        }
    }
}

/// Places that were made or mounted on, found by their path.
pub struct Known<'p> {
    places: Array<'p, Place<'p>>,
    /// For each of some paths the last place in its chain, counted from 1.
    chains: [u32; CHAINS],
}

const CHAINS: usize = 128;

#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p [u8],
    ground: Ground<'p>,
    /// The one before in its chain.
    before: u32,
}

impl<'p> Known<'p> {
    pub fn new(words: &'p Words) -> Self {
        Known {
            places: Array::new(words),
            chains: [0; CHAINS],
        }
    }

    /// Nothing of it is true any more.
    pub fn forget(&mut self) {
        self.chains = [0; CHAINS];
    }

    /// What a place stands on, if it is known.
    #[inline(never)]
    pub fn get(&self, path: &[u8]) -> Option<Ground<'p>> {
        let mut at = *self.chains.get(chain(path))?;
        loop {
            let place = self.places.get((at as usize).wrapping_sub(1))?;
            if place.path == path {
                return Some(place.ground);
            }
            at = place.before;
        }
    }

    /// From now on it stands on this.
    #[inline(never)]
    pub fn set(&mut self, path: &'p [u8], ground: Ground<'p>) {
        if let Some(last) = self.chains.get_mut(chain(path)) {
            let before = core::mem::replace(last, self.places.len() as u32 + 1);
            self.places.push(Place {
                path,
                ground,
                before,
            });
        }
    }
}

/// The chain that a path is in (FNV-1a).
fn chain(path: &[u8]) -> usize {
    let hash = path.iter().fold(0x811c_9dc5u32, |hash, &byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash ^ hash >> 16) as usize % CHAINS
}
