//! Switchable bugs of the app. Each breaks one of the App rules in a way that real apps did; a judge that does not see it
//! is no judge.
//!
//! Of the catalogue of real bugs two are missing, because this app has no place for them: a queue replayed as another user
//! (nobody signs out and in within a day) and an older answer that overwrites a newer one in the cache (no screen is
//! fetched twice at a time).

fieldday_api::defects! {
    AppDefect:
    /// A bug of the app that a scenario can switch on.
    QueueInMemory "queue-in-memory" in "weekday" breaks AppQueueDurable:
        "The offline queue is kept in memory alone: whoever kills the app loses it."
        "redux-offline #230: persisting was left to a hook that the kill does not run.";
    BusyFlagPersisted "busy-flag-persisted" in "rough" breaks AppQueueDrains:
        "That the queue is being sent is written to the store: killed meanwhile, the app believes it for ever."
        "redux-offline #374: killed mid-flush, stuck busy.";
    DoubleFlush "double-flush" in "rough" breaks AppQueueFifo:
        "Whether a flush runs is looked at before the queue is read, and noted after: two triggers start two flushes."
        "react-native-offline #344: the queue sent twice after a reconnect.";
    EventResendsInFlight "event-resends-in-flight" in "weekday" breaks AppQueueFifo:
        "A new action sends the head of the queue again, though it is under way."
        "redux-offline #23: an unrelated event sends the item in flight again.";
    SameTypeCollapsed "same-type-collapsed" in "weekday" breaks AppQueueDurable AppQueueDrains:
        "A queued action takes the place of one of its type that waits."
        "react-native-offline #203: actions of one type collapsed.";
    ReplayNewestFirst "replay-newest-first" in "dead-zones" breaks AppQueueFifo:
        "The queue is sent from its newest end."
        "TanStack query #4896: mutations resumed out of order.";
    ReplayInParallel "replay-in-parallel" in "dead-zones" breaks AppQueueFifo:
        "Everything that waits is sent at once."
        "Promise.all over a queue whose entries depend on one another.";
    NoResumeAfterRestart "no-resume-after-restart" in "rough" breaks AppQueueDrains:
        "What waits when the app starts is not taken up until something new is queued."
        "TanStack query #5847: paused mutations not resumed after an offline restart.";
    FlushOnlyOnReconnect "flush-only-on-reconnect" in "weekday" breaks AppQueueDrains:
        "The queue is sent when the network comes back, and only then: what is queued online waits."
        "react-native-offline #235: the state was online already, so nothing changed.";
    PoisonBlocksHead "poison-blocks-head" in "weekday" breaks AppQueueDrains:
        "An action that the backend refuses for good stays first, and everything waits behind it."
        "A queue that stops at the first error, whatever it is: the sample in the specification.";
    AnyRefusalDone "any-refusal-done" in "rough" breaks AppQueueDurable AppQueueDrains:
        "Every 4xx counts as done: an action refused with 401 or 429 is dropped."
        "A sync loop that tells errors from successes by status < 500.";
    DequeueBeforeAck "dequeue-before-ack" in "weekday" breaks AppQueueDurable:
        "An action leaves the queue before it is sent: a kill or a failure then loses it."
        "shift() before await: the order of two lines.";
    TokenKeptFromEnqueue "token-kept-from-enqueue" in "dead-zones" breaks AppRefreshOnce:
        "Queued actions keep the token of the moment in which they were queued."
        "AWS AppSync iOS #290: the token expired while the mutation was queued.";
    RetriesWithOldToken "retries-with-old-token" in "rough" breaks AppRefreshOnce:
        "After a 401 the call is sent again with the token that was refused."
        "An interceptor that repeats the request's own headers.";
    ForbiddenRetried "forbidden-retried" in "weekday" breaks AppForbiddenFinal:
        "A 403 is tried again like a failure of the server."
        "A retry policy for every status from 400 on.";
    RefreshStampede "refresh-stampede" in "weekday" breaks AppRefreshOnce:
        "Every call that finds the token stale fetches one of its own."
        "A refresh without a shared promise: ten screens, ten fetches.";
    RetriesAtOnce "retries-at-once" in "weekday" breaks AppBackoff:
        "A call that failed with a 5xx is repeated without a pause."
        "A retry loop whose delay is computed and not awaited.";
    RetriesForLong "retries-for-long" in "rough" breaks AppBackoff:
        "A call that fails with 5xx is repeated up to thirty times."
        "A retry storm: every client knocks until the door opens.";
    RetryAfterIgnored "retry-after-ignored" in "rough" breaks AppBackoff:
        "A 429 is repeated after a second, whatever Retry-After says."
        "A client that reads the status and not the headers.";
    CreateRetriedAfterTimeout "create-retried-after-timeout" in "rough" breaks AppCreateTaskAsks:
        "Creating a task is repeated after a time-out, without asking."
        "axios-retry #66: a POST retried after a timeout.";
    DoubleTapCreatesTwice "double-tap-creates-twice" in "rough" breaks AppCreateTaskAsks:
        "A second tap on the button creates the task again."
        "A button that is not disabled while its request is under way.";
    UrlReusedAfterExpiry "url-reused-after-expiry" in "dead-zones" breaks AppForbiddenFinal:
        "Audio is sent to its first presigned URL for ever, expired or not."
        "uppy #1724: a presigned URL expired before the retry.";
    PortalTakenForInternet "portal-taken-for-internet" in "rough" breaks AppQueueDurable AppQueueDrains:
        "A captive portal's page with status 200 counts as success: the action is dropped."
        "react-native #18368: connected, without internet.";
    NoTokenMeansSignedOut "no-token-means-signed-out" in "dead-zones" breaks AppQueueDurable:
        "When no token is to be had, the app takes its user for signed out and clears the store."
        "clerk #7912: getToken gives null while offline.";
    ClockSetBack "clock-set-back" in "weekday" breaks AppCacheTtl:
        "Ages in the cache are measured by the phone's clock, which is set back three hours at noon."
        "Date.now() for durations, on phones whose clocks are corrected.";
    CacheIgnored "cache-ignored" in "weekday" breaks AppCacheTtl:
        "Every screen calls, though what it would show is fresh."
        "A stale time of zero, the default of the library.";
    LoadsEverything "loads-everything" in "weekday" breaks AppFirstPage:
        "Lists are loaded with a limit of 1000 at once."
        "limit=1000 as a way around paging.";
    SendsTenantId "sends-tenant-id" in "weekday" breaks AppNoTenant:
        "The list of tasks is asked for with a tenant_id."
        "A client generated from an older API, in which the tenant was a parameter.";
    CallsAiDirectly "calls-ai-directly" in "weekday" breaks AppDocumentedOnly:
        "Results are fetched from /api/v1/ai, past the documented API."
        "An internal endpoint found in the network tab.";
    CompletesTaskDirectly "completes-task-directly" in "weekday" breaks AppQueueOnly:
        "Online, a task is completed past the queue."
        "Optimisation for the good case: the queue is only for offline.";
    TaskQueuedOffline "task-queued-offline" in "dead-zones" breaks AppQueueOnly:
        "Without a network, a new task goes into the queue."
        "One offline queue for everything that writes.";
    GeofenceMinusAccuracy "geofence-minus-accuracy" in "weekday" breaks AppGeofence:
        "A fix counts as inside if its circle of error reaches the fence, twice over."
        "Accuracy taken off the distance, so that bad fixes pass where good ones fail.";
    UploadBlindlyRepeated "upload-blindly-repeated" in "dead-zones" breaks AppUploadChecksFirst:
        "An upload that was cut is repeated without a look whether it arrived."
        "A retry wrapper around the whole upload.";
    PollsEverySecond "polls-every-second" in "weekday" breaks AppPolling:
        "A session is polled every second."
        "An interval in seconds passed where milliseconds were thought of, and the other way round.";
    PollsWithoutEnd "polls-without-end" in "ghost" breaks AppPolling:
        "A session that is not done after five minutes is polled on."
        "setInterval without its clearInterval.";
    PlaybackWithoutAudio "playback-without-audio" in "ghost" breaks AppNulls:
        "Audio controls are shown for a session that has no audio."
        "A player that is rendered whatever its source.";
    HidesGhostAnalysis "hides-ghost-analysis" in "ghost" breaks AppNulls:
        "Of a session without a transcript, the analysis is not shown either."
        "One condition around both.";
    CrashesOnNull "crashes-on-null" in "ghost" breaks AppNulls:
        "A score that is null crashes the app."
        "score.toFixed(1): cannot read properties of null.";
    LogsToken "logs-token" in "rough" breaks AppPrivate:
        "The log line of an error has the request's headers in it, the bearer token among them."
        "console.log(error.config).";
    RequestIdNotLogged "request-id-not-logged" in "weekday" breaks AppRequestId:
        "The log line of an error leaves the request id out."
        "error.message alone: what the backend team asks for is not there.";
    CallsBeforeToken "calls-before-token" in "weekday" breaks AppBearer:
        "The first call after a start goes out before there is a token, without one."
        "A client that is used before its provider is ready.";
    KeepsWhatIsGone "keeps-what-is-gone" in "dst" breaks AppNotFoundEvicts:
        "What answers 404 stays in the cache."
        "An error path that shows a message and leaves the store alone.";
    BlankWhileRefreshing "blank-while-refreshing" in "weekday" breaks AppStaleShown:
        "A screen is blank while it refreshes, though there is something to show."
        "if (loading) return <Spinner/>, before the data is looked at.";
    CancelIgnored "cancel-ignored" in "rough" breaks AppCancel:
        "Cancel closes the indicator, and the call goes on."
        "An AbortController whose signal is not passed on.";
    NoSpinner "no-spinner" in "weekday" breaks AppSlowUi:
        "Slow screens show no loading indicator."
        "An indicator bound to the first load alone.";
    OneTimeoutForAll "one-timeout-for-all" in "weekday" breaks AppTimeouts:
        "Every call waits a minute."
        "The library's default timeout.";
    ClockInWhateverTheDay "clock-in-whatever-the-day" in "overnight" breaks AppQueueDrains:
        "A clocking that waited past midnight is sent all the same, for the wrong day."
        "A queue that replays what it has, without asking whether it still means the same.";
}
