//! `--timing`: a bar for each step.

use crate::launch::Timeline;
use crate::plan::{Line, Plan, Step, Who};
use alloc::vec::Vec;
use core::fmt::{Display, Formatter, Result};

/// The longest bar.
const WIDTH: u64 = 30;

/// The steps of a run with the time from each to the next one of the same process.
pub struct Bars<'a> {
    pub plan: &'a Plan<'a>,
    pub timeline: &'a Timeline,
}

/// A step and its nanoseconds.
struct Row<'a> {
    number: usize,
    who: Who,
    step: &'a Step<'a>,
    nanoseconds: u64,
}

impl Display for Bars<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        let rows = self.rows();
        let longest = rows.iter().map(|row| row.nanoseconds).max().unwrap_or(0).max(1);
        f.write_str("where the time went, in microseconds")?;
        for row in &rows {
            let who = if row.who == Who::Child { "child " } else { "parent" };
            let (whole, tenth) = (row.nanoseconds / 1000, row.nanoseconds % 1000 / 100);
            write!(f, "\n{:4} {who} {whole:6}.{tenth} ", row.number)?;
            let length = (row.nanoseconds * WIDTH).div_ceil(longest);
            for at in 0..WIDTH {
                f.write_str(if at < length { "#" } else { " " })?;
            }
            write!(f, " {}", Line { step: row.step, plan: self.plan })?;
        }
        let total = self.timeline.nanoseconds(self.timeline.began(), self.timeline.ended());
        write!(f, "\n     from the first step to the command's end {:6}.{}", total / 1000, total % 1000 / 100)
    }
}

impl<'a> Bars<'a> {
    fn rows(&self) -> Vec<Row<'a>> {
        let stamped: Vec<_> = (1..)
            .zip(self.plan.steps())
            .filter_map(|(number, (who, step))| Some((number, who, step, self.timeline.at(number)?)))
            .collect();
        let next = |who: Who, start: u64| {
            let same = |other: Who| (other == Who::Child) == (who == Who::Child);
            let later = stamped.iter().filter(|row| same(row.1) && row.3 > start).map(|row| row.3).min();
            later.unwrap_or(self.timeline.ended())
        };
        stamped
            .iter()
            .map(|&(number, who, step, start)| Row {
                number,
                who,
                step,
                nanoseconds: self.timeline.nanoseconds(start, next(who, start)),
            })
            .collect()
    }
}
