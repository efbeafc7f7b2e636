//! Switchable bugs of the app. Each breaks one of the App rules in a way that real apps did; a judge that does not see it
//! is no judge.

fieldday_api::defects! {
    QueueInMemory "queue-in-memory" in "weekday" breaks AppQueueDurable:
        "The offline queue is kept in memory alone: whoever kills the app loses it."
        "redux-offline #230: persisting was left to a hook that the kill does not run.";
}
