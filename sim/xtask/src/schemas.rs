//! The schemas of the documents that programs read. The tests of each crate compare them with what the crate gives.

use crate::{Done, write as write_file};

pub(crate) fn write(_: &[String]) -> Done {
    let schemas = [
        ("sim/documents/schemas/live-proof.schema.json", fieldday_documents::live_proof::schema()),
        ("sim/folder/schemas/summary.schema.json", fieldday_folder::summary_schema()),
        ("sim/compare/schemas/comparison.schema.json", fieldday_compare::schema()),
        ("sim/compare/schemas/trend.schema.json", fieldday_compare::trend::schema()),
        ("sim/capacity/schemas/capacity.schema.json", fieldday_capacity::report::schema()),
        ("sim/capacity/schemas/simulation.schema.json", fieldday_capacity::report::simulated::schema()),
    ];
    schemas.iter().try_for_each(|(path, schema)| write_file(path, &format!("{schema:#}\n")))
}
