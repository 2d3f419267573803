//! A table: in columns for people, as objects for programs.

use crate::config::View;
use crate::host::nslist::NONE;
use crate::report;
use crate::sys::file::STDOUT;
use crate::sys::tty;
use crate::text::{Quoted, Show, Text, put, word};
use crate::words::{Array, Words};

/// What a table is called and what its columns are.
pub struct Form {
    /// The table's name and those of the columns.
    pub names: &'static str,
    /// Where the columns begin that people see.
    pub stops: &'static [u8],
}

/// Between columns that have a number for a name.
const STEP: usize = 12;

/// A table that is written cell by cell.
pub struct Table<'w> {
    form: &'static Form,
    text: Text<'w>,
    json: bool,
    /// Further columns behind the first: one for each of these numbers.
    numbers: &'w [u32],
    /// How much of a line people see.
    width: usize,
    /// Where the line begins.
    start: usize,
    column: usize,
}

impl<'w> Table<'w> {
    /// An empty one.
    #[inline(never)]
    pub fn new(words: &'w Words, form: &'static Form, view: &View<'w>) -> Self {
        let mut table = Table {
            form,
            text: Text::new(words),
            json: view.json,
            numbers: view.processes,
            width: usize::MAX,
            start: 0,
            column: 0,
        };
        if table.json {
            put!(&mut table.text, "{\"", word(form.names, 0), "\": [");
            return table;
        }
        // Whom one compares is nothing to be cut off.
        if let ([], Some(width)) = (view.processes, tty::columns(STDOUT)) {
            table.width = width;
        }
        for column in 0..form.stops.len() + view.processes.len() {
            table.begin();
            table.name(column);
        }
        table.end();
        table
    }

    /// The name of a column. The numbers stand behind the first one.
    #[inline(never)]
    fn name(&mut self, column: usize) {
        if let Some(number) = self.numbers.get(column.wrapping_sub(1)) {
            return put!(&mut self.text, number);
        }
        let column = 1 + column.saturating_sub(self.numbers.len());
        for letter in word(self.form.names, column).bytes() {
            let capital = letter.to_ascii_uppercase();
            self.text.byte(if self.json { letter } else { capital });
        }
    }

    /// Goes to the next cell.
    #[inline(never)]
    fn begin(&mut self) {
        let column = self.column;
        self.column += 1;
        let text = &mut self.text;
        if self.json {
            let between = match (column, self.start) {
                (0, 0) => "\n  {\"",
                (0, _) => ",\n  {\"",
                _ => ", \"",
            };
            put!(text, between);
            self.name(column);
            put!(&mut self.text, "\": ");
            return;
        }
        let stops = self.form.stops;
        let last = stops.last().map_or(0, |last| usize::from(*last));
        let stop = match stops.get(column) {
            Some(stop) => usize::from(*stop),
            None => last + STEP * (column + 1 - stops.len()),
        };
        if column > 0 {
            text.byte(b' ');
        }
        text.pad_to(self.start + stop);
    }

    /// A cell with a number, or with nothing.
    #[inline(never)]
    pub fn number(&mut self, number: u32) {
        self.begin();
        if number != NONE {
            put!(&mut self.text, number);
        } else if self.json {
            put!(&mut self.text, "null");
        }
    }

    /// A cell with text, or with nothing. It goes to a terminal or into JSON, and may be somebody else's.
    #[inline(never)]
    pub fn words(&mut self, words: &[u8]) {
        if words.is_empty() {
            return self.number(NONE);
        }
        self.begin();
        let mut printable = Array::new(self.text.words());
        for &byte in words {
            let is_printable = (b' '..=b'~').contains(&byte);
            printable.push(if is_printable { byte } else { b'?' });
        }
        if self.json {
            Quoted(&printable).show(&mut self.text);
        } else {
            self.text.raw(&printable);
        }
    }

    /// A cell with something else.
    pub fn show(&mut self, what: &dyn Show) {
        let mut text = Text::new(self.text.words());
        what.show(&mut text);
        self.words(text.bytes());
    }

    /// Moves the first cell of a line to the right.
    pub fn indent(&mut self, width: usize) {
        if !self.json {
            self.text.pad_to(self.start + width);
        }
    }

    /// Ends a line.
    pub fn end(&mut self) {
        self.column = 0;
        if self.json {
            self.text.byte(b'}');
        } else {
            let end = self.start.saturating_add(self.width);
            self.text.cut_to(end);
            self.text.byte(b'\n');
        }
        self.start = self.text.len();
    }

    /// Prints it; the exit status for having done so, and otherwise for having said why not.
    pub fn print(mut self) -> u8 {
        if self.json {
            put!(&mut self.text, "\n]}\n");
        }
        report::print_text(&self.text)
    }
}
