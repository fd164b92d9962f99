//! Lines: a row for each step at which one begins.

use gimli::LineEncoding;
use gimli::read;
use gimli::write::{Address, FileId, FileInfo, LineProgram, LineRow, LineString};

use super::Bytes;
use super::entry::Converter;

/// Rows one after the other, up to the end of a range of code.
#[derive(Default)]
struct Sequence {
    rows: Vec<(u64, read::LineRow)>,
}

impl<'a> Converter<'a, '_> {
    /// Converts the unit's program, if it has one that makes sense.
    pub(super) fn lines(&mut self) {
        let Some(program) = self.read.line_program.clone() else {
            return;
        };
        let header = program.header().clone();
        let Some((mut out, files)) = self.header(&header) else {
            return;
        };
        let mut rows = program.rows();
        let mut sequence = Sequence::default();
        while self.budget.takes(1)
            && let Ok(Some((_, row))) = rows.next_row()
        {
            if !row.end_sequence() {
                let row = *row;
                sequence.add(self.places.step(row.address()), row);
                continue;
            }
            let end = self.places.end(row.address());
            core::mem::take(&mut sequence).write(&mut out, &files, end);
        }
        self.unit.line_program = out;
        self.files = files;
    }

    /// A program with the directories and files of one that is read, and what became of each file.
    fn header(
        &mut self,
        header: &read::LineProgramHeader<Bytes<'a>>,
    ) -> Option<(LineProgram, Vec<Option<FileId>>)> {
        let encoding = gimli::Encoding {
            address_size: self.unit.address_size(),
            version: self.unit.version(),
            format: self.unit.format(),
        };
        let is_old = header.version() <= 4;
        // Before version 5 the unit's own directory and file are said elsewhere.
        let own = match is_old {
            true => self.read.comp_dir.map(|dir| dir.slice()),
            false => header.directory(0).and_then(|dir| self.text(dir)),
        };
        let own = own.filter(|dir| is_name(dir)).unwrap_or(b".");
        let first = header.file(0).and_then(|file| self.text(file.path_name()));
        let first = first.filter(|file| is_name(file)).unwrap_or(b"?");
        let mut files = Vec::new();
        let mut directories = Vec::new();
        for dir in header.include_directories() {
            directories.push(self.text(*dir).filter(|dir| is_name(dir)));
        }
        for file in header.file_names() {
            let name = self.text(file.path_name()).filter(|name| is_name(name));
            files.push(name.map(|name| (name, file.directory_index(), *file.md5())));
        }
        let mut line_string =
            |text: &[u8]| LineString::new(text, encoding, &mut *self.line_strings);
        let (own, first) = (line_string(own), line_string(first));
        let mut out = LineProgram::new(encoding, LineEncoding::default(), own, None, first, None);
        let default = out.default_directory();
        let mut ids = vec![default; usize::from(is_old)];
        for dir in directories {
            let id = dir.map(|dir| out.add_directory(line_string(dir)));
            ids.push(id.unwrap_or(default));
        }
        out.file_has_md5 = header.file_has_md5();
        let mut file_ids = vec![None; usize::from(is_old)];
        for file in files {
            file_ids.push(file.map(|(name, dir, md5)| {
                let dir = usize::try_from(dir).ok().and_then(|dir| ids.get(dir));
                let info = FileInfo {
                    md5,
                    ..FileInfo::default()
                };
                out.add_file(line_string(name), *dir.unwrap_or(&default), Some(info))
            }));
        }
        Some((out, file_ids))
    }
}

/// Whether bytes can be the name of a file or directory.
fn is_name(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.contains(&0)
}

impl Sequence {
    /// Adds a row that begins at a step. Of several at one step the last counts, unless only one before it begins a statement.
    fn add(&mut self, step: Option<u64>, mut row: read::LineRow) {
        let Some(step) = step else {
            return;
        };
        match self.rows.last_mut() {
            // Addresses ascend.
            Some((last, _)) if *last > step => {}
            Some((last, kept)) if *last == step => {
                if row.is_stmt() || !kept.is_stmt() {
                    core::mem::swap(kept, &mut row);
                }
            }
            _ => self.rows.push((step, row)),
        }
    }

    /// Writes the rows, which end at `end`.
    fn write(self, out: &mut LineProgram, files: &[Option<FileId>], end: Option<u64>) {
        let (Some(&(start, _)), Some(end)) = (self.rows.first(), end) else {
            return;
        };
        let last = self.rows.last().map_or(start, |&(last, _)| last);
        if end <= last {
            return;
        }
        out.begin_sequence(Some(Address::Constant(start)));
        for (address, row) in self.rows {
            let file = usize::try_from(row.file_index()).ok();
            let Some(&Some(file)) = file.and_then(|file| files.get(file)) else {
                continue;
            };
            *out.row() = LineRow {
                address_offset: address - start,
                op_index: 0,
                file,
                line: row.line().map_or(0, core::num::NonZero::get),
                column: match row.column() {
                    read::ColumnType::LeftEdge => 0,
                    read::ColumnType::Column(column) => column.get(),
                },
                discriminator: row.discriminator(),
                is_statement: row.is_stmt(),
                basic_block: row.basic_block(),
                prologue_end: row.prologue_end(),
                epilogue_begin: row.epilogue_begin(),
                isa: row.isa(),
            };
            out.generate_row();
        }
        out.end_sequence(end - start);
    }
}
