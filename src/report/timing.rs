//! `--timing`: a bar for each step.

use crate::launch::Timeline;
use crate::plan::{Line, Plan, Who};
use crate::text::{Show, Text, put};

/// The longest bar.
const WIDTH: u64 = 30;

/// The steps of a run with the time from each to the next one of the same process.
pub struct Bars<'a> {
    pub plan: &'a Plan<'a>,
    pub timeline: &'a Timeline,
}

impl Show for Bars<'_> {
    fn show(&self, text: &mut Text) {
        put!(text, "where the time went, in microseconds");
        let all = self
            .timeline
            .nanoseconds(self.timeline.began(), self.timeline.ended())
            .max(1);
        for (number, step) in (1..).zip(self.plan.steps) {
            let Some(start) = self.timeline.at(number) else {
                continue;
            };
            let nanoseconds = self.timeline.nanoseconds(start, self.next(number));
            put!(
                text,
                "\n",
                if step.who == Who::Child {
                    "child  "
                } else {
                    "parent "
                }
            );
            let left = text.len();
            microseconds(text, nanoseconds);
            text.pad_to(left + 10);
            for _ in 0..(nanoseconds * WIDTH).div_ceil(all) {
                text.byte(b'#');
            }
            text.pad_to(left + 11 + WIDTH as usize);
            put!(
                text,
                number,
                " ",
                Line {
                    step,
                    plan: self.plan
                }
            );
        }
        put!(text, "\nall    ");
        microseconds(text, all);
        put!(text, " from the first step to the command's end");
    }
}

impl Bars<'_> {
    /// The beginning of the next step of the same process, or the end.
    fn next(&self, number: usize) -> u64 {
        let in_child = |at| {
            self.plan
                .step(at)
                .is_some_and(|step| step.who == Who::Child)
        };
        let later = number + 1..=self.plan.steps.len();
        let next = later
            .filter(|&other| in_child(other) == in_child(number))
            .find_map(|other| self.timeline.at(other));
        next.unwrap_or(self.timeline.ended())
    }
}

fn microseconds(text: &mut Text, nanoseconds: u64) {
    put!(text, nanoseconds / 1000, ".", nanoseconds / 100 % 10);
}
