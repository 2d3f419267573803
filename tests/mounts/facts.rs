//! What a command inside says of its file systems.

use crate::support::Ran;

/// A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
#[derive(Clone, Debug)]
pub struct Mount {
    pub id: u32,
    pub parent: u32,
    /// What of the file system is to be seen.
    pub root: String,
    pub point: String,
    options: String,
    pub kind: String,
    more: String,
}

impl Mount {
    fn read(line: &str) -> Option<Mount> {
        let (front, back) = line.split_once(" - ")?;
        let front: Vec<&str> = front.split(' ').collect();
        let back: Vec<&str> = back.split(' ').collect();
        let [id, parent, _, root, point, options, ..] = front[..] else {
            return None;
        };
        Some(Mount {
            id: id.parse().ok()?,
            parent: parent.parse().ok()?,
            root: root.to_string(),
            point: point.to_string(),
            options: options.to_string(),
            kind: back.first()?.to_string(),
            more: back.get(2)?.to_string(),
        })
    }

    /// Whether it has an option of the mount: `ro`, `nosuid` and so on.
    pub fn has(&self, option: &str) -> bool {
        self.options.split(',').any(|one| one == option)
    }

    /// The value of an option of the file system: `mode=700`.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut options = self.more.split(',');
        options.find_map(|one| one.strip_prefix(name)?.strip_prefix('='))
    }

    /// `ro`, `nosuid`, `nodev` and `noexec`, as far as it has them.
    pub fn limits(&self) -> String {
        let limits = ["ro", "nosuid", "nodev", "noexec"].into_iter();
        limits
            .filter(|limit| self.has(limit))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The mounts in a text of which some lines are those of mountinfo.
pub fn mounts(text: &str) -> Vec<Mount> {
    text.lines().filter_map(Mount::read).collect()
}

/// The mount that is to be seen at a place: the last one made there.
pub fn mounted<'a>(mounts: &'a [Mount], point: &str) -> &'a Mount {
    let found = mounts.iter().rfind(|mount| mount.point == point);
    found.unwrap_or_else(|| panic!("nothing is mounted on {point}: {mounts:#?}"))
}

/// The mount that a path is on.
pub fn covering<'a>(mounts: &'a [Mount], path: &str) -> &'a Mount {
    let below = |point: &str| match path.strip_prefix(point) {
        Some(rest) => point == "/" || rest.is_empty() || rest.starts_with('/'),
        None => false,
    };
    let found = mounts.iter().filter(|mount| below(&mount.point));
    found
        .max_by_key(|mount| mount.point.len())
        .expect("there is a root")
}

/// A command that was to come to a good end.
pub struct Seen {
    pub out: String,
    pub mounts: Vec<Mount>,
}

impl Seen {
    #[track_caller]
    pub fn new(ran: Ran) -> Seen {
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
        Seen {
            mounts: mounts(&ran.out),
            out: ran.out,
        }
    }

    #[track_caller]
    pub fn mount(&self, point: &str) -> &Mount {
        mounted(&self.mounts, point)
    }

    pub fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }
}
