//! Which shard of a run is wanted: as it was typed, or as the engine that runs the job says in its environment.

use fieldday_plan::shard::Shard;
use std::env;

/// How many shards there are, where the engine does not say so or means only those that are run again.
const SHARDS: &str = "FIELDDAY_SHARDS";

/// Reads `I/N`, or `auto`, which takes both numbers from the environment of a cluster's scheduler.
pub fn shard(text: &str) -> Result<Shard, String> {
    if text == "auto" {
        return from_environment(|name| env::var(name).ok());
    }
    text.parse().map_err(|error: fieldday_plan::shard::NoShard| error.to_string())
}

/// The shard of a job: of an Indexed Job of Kubernetes, of an array of Slurm, or of one task of `srun`.
fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Shard, String> {
    let number = |name: &str| -> Result<Option<u32>, String> {
        let Some(text) = get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name} should be a number, and is {text:?}"))
    };
    let shards = number(SHARDS)?;
    let (of, count, index) = if let Some(index) = number("JOB_COMPLETION_INDEX")? {
        ("JOB_COMPLETION_INDEX", shards.or(number("JOB_COMPLETIONS")?), index)
    } else if let Some(index) = number("SLURM_ARRAY_TASK_ID")? {
        ("SLURM_ARRAY_TASK_ID", shards.or(whole_array(&number)?), index)
    } else if let Some(index) = number("SLURM_PROCID")? {
        ("SLURM_PROCID", shards.or(number("SLURM_NTASKS")?), index)
    } else {
        return Err(
            "`auto` needs JOB_COMPLETION_INDEX (an Indexed Job of Kubernetes), SLURM_ARRAY_TASK_ID (an array of \
                    Slurm) or SLURM_PROCID (srun); give I/N, such as 0/4, elsewhere"
                .to_owned(),
        );
    };
    let count = count.ok_or_else(|| format!("{of} is {index}, but the number of shards is unknown: set {SHARDS}"))?;
    Shard::new(index, count).map_err(|error| format!("{of} is {index}: {error}"))
}

/// How many tasks an array has, if it is the whole one. `--array=3` runs one task again: then Slurm counts that one alone.
fn whole_array(number: &impl Fn(&str) -> Result<Option<u32>, String>) -> Result<Option<u32>, String> {
    let (first, step) = (number("SLURM_ARRAY_TASK_MIN")?, number("SLURM_ARRAY_TASK_STEP")?);
    let (last, count) = (number("SLURM_ARRAY_TASK_MAX")?, number("SLURM_ARRAY_TASK_COUNT")?);
    let is_whole = first.unwrap_or(0) == 0
        && step.unwrap_or(1) == 1
        && last.zip(count).is_none_or(|(last, count)| count.checked_sub(1) == Some(last));
    Ok(count.filter(|_| is_whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_job(environment: &[(&str, &str)]) -> Result<String, String> {
        let get =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        from_environment(get).map(|shard| shard.to_string())
    }

    #[test]
    fn each_engine_says_which_shard_it_is() {
        let kubernetes = [("JOB_COMPLETION_INDEX", "2"), ("JOB_COMPLETIONS", "8")];
        assert_eq!(in_job(&kubernetes).as_deref(), Ok("2/8"));
        let array = [
            ("SLURM_ARRAY_TASK_ID", "5"),
            ("SLURM_ARRAY_TASK_COUNT", "6"),
            ("SLURM_ARRAY_TASK_MIN", "0"),
            ("SLURM_ARRAY_TASK_MAX", "5"),
            ("SLURM_ARRAY_TASK_STEP", "1"),
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "1"),
        ];
        assert_eq!(in_job(&array).as_deref(), Ok("5/6"), "each task of an array has a process 0 of 1");
        assert_eq!(in_job(&[("SLURM_PROCID", "3"), ("SLURM_NTASKS", "4")]).as_deref(), Ok("3/4"));
    }

    #[test]
    fn a_task_that_is_run_again_is_not_taken_for_the_whole_array() {
        let again = [
            ("SLURM_ARRAY_TASK_ID", "3"),
            ("SLURM_ARRAY_TASK_COUNT", "1"),
            ("SLURM_ARRAY_TASK_MIN", "3"),
            ("SLURM_ARRAY_TASK_MAX", "3"),
        ];
        assert!(in_job(&again).unwrap_err().contains("set FIELDDAY_SHARDS"));
        let told = [&again[..], &[("FIELDDAY_SHARDS", "8")]].concat();
        assert_eq!(in_job(&told).as_deref(), Ok("3/8"));
        let some = [
            ("SLURM_ARRAY_TASK_ID", "0"),
            ("SLURM_ARRAY_TASK_COUNT", "2"),
            ("SLURM_ARRAY_TASK_MIN", "0"),
            ("SLURM_ARRAY_TASK_MAX", "5"),
        ];
        assert!(in_job(&some).is_err(), "--array=0,5 is not an array of two");
    }

    #[test]
    fn an_environment_that_says_too_little_or_something_else_is_an_error() {
        assert!(in_job(&[]).unwrap_err().contains("JOB_COMPLETION_INDEX"));
        assert!(in_job(&[("JOB_COMPLETION_INDEX", "two")]).unwrap_err().contains("should be a number"));
        assert!(in_job(&[("JOB_COMPLETION_INDEX", "8"), ("JOB_COMPLETIONS", "8")]).unwrap_err().contains("0 to 7"));
    }
}
