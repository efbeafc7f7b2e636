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
        "The offline queue is kept only in memory, so killing the app loses it."
        "redux-offline #230: persisting was left to a hook that the kill does not run.";
    BusyFlagPersisted "busy-flag-persisted" in "rough" breaks AppQueueDrains:
        "The \"sending\" flag of the queue is persisted: after a kill during a flush, the app never sends again."
        "redux-offline #374: killed mid-flush, stuck busy.";
    DoubleFlush "double-flush" in "rough" breaks AppQueueFifo:
        "The app checks whether a flush runs before it reads the queue, and notes it afterwards: two triggers start two flushes."
        "react-native-offline #344: the queue sent twice after a reconnect.";
    EventResendsInFlight "event-resends-in-flight" in "weekday" breaks AppQueueFifo:
        "A new action sends the head of the queue again while it is in flight."
        "redux-offline #23: an unrelated event sends the item in flight again.";
    SameTypeCollapsed "same-type-collapsed" in "weekday" breaks AppQueueDurable AppQueueDrains:
        "A queued action replaces a waiting action of the same type."
        "react-native-offline #203: actions of one type collapsed.";
    ReplayNewestFirst "replay-newest-first" in "dead-zones" breaks AppQueueFifo:
        "The queue is sent newest first."
        "TanStack query #4896: mutations resumed out of order.";
    ReplayInParallel "replay-in-parallel" in "dead-zones" breaks AppQueueFifo:
        "All waiting actions are sent at once."
        "Promise.all over a queue whose entries depend on one another.";
    NoResumeAfterRestart "no-resume-after-restart" in "rough" breaks AppQueueDrains:
        "Actions that wait when the app starts are not sent until a new one is queued."
        "TanStack query #5847: paused mutations not resumed after an offline restart.";
    FlushOnlyOnReconnect "flush-only-on-reconnect" in "weekday" breaks AppQueueDrains:
        "The queue is sent only when the network comes back: actions queued while online wait."
        "react-native-offline #235: the state was online already, so nothing changed.";
    PoisonBlocksHead "poison-blocks-head" in "weekday" breaks AppQueueDrains:
        "An action that the backend refuses permanently stays first and blocks all others."
        "A queue that stops at the first error, whatever it is: the sample in the specification.";
    AnyRefusalDone "any-refusal-done" in "rough" breaks AppQueueDurable AppQueueDrains:
        "Every 4xx counts as done: an action refused with 401 or 429 is dropped."
        "A sync loop that tells errors from successes by status < 500.";
    DequeueBeforeAck "dequeue-before-ack" in "weekday" breaks AppQueueDurable:
        "An action leaves the queue before it is sent, so a kill or a failure loses it."
        "shift() before await: the order of two lines.";
    TokenKeptFromEnqueue "token-kept-from-enqueue" in "dead-zones" breaks AppRefreshOnce:
        "Queued actions keep the token from when they were queued."
        "AWS AppSync iOS #290: the token expired while the mutation was queued.";
    RetriesWithOldToken "retries-with-old-token" in "rough" breaks AppRefreshOnce:
        "After a 401 the call is sent again with the token that was refused."
        "An interceptor that repeats the request's own headers.";
    ForbiddenRetried "forbidden-retried" in "weekday" breaks AppForbiddenFinal:
        "A 403 is retried like a server error."
        "A retry policy for every status from 400 on.";
    RefreshStampede "refresh-stampede" in "weekday" breaks AppRefreshOnce:
        "Every call that finds the token stale fetches one of its own."
        "A refresh without a shared promise: ten screens, ten fetches.";
    RetriesAtOnce "retries-at-once" in "weekday" breaks AppBackoff:
        "A call that failed with 5xx is retried without a pause."
        "A retry loop whose delay is computed and not awaited.";
    RetriesForLong "retries-for-long" in "rough" breaks AppBackoff:
        "A call that fails with 5xx is retried up to thirty times."
        "A retry storm: every client retries until the server answers.";
    RetryAfterIgnored "retry-after-ignored" in "rough" breaks AppBackoff:
        "A 429 is retried after a second, whatever Retry-After says."
        "A client that reads the status and not the headers.";
    CreateRetriedAfterTimeout "create-retried-after-timeout" in "rough" breaks AppCreateTaskAsks:
        "The creation of a task is repeated after a timeout without asking."
        "axios-retry #66: a POST retried after a timeout.";
    DoubleTapCreatesTwice "double-tap-creates-twice" in "rough" breaks AppCreateTaskAsks:
        "A second tap on the button creates the task again."
        "A button that is not disabled while its request is in flight.";
    UrlReusedAfterExpiry "url-reused-after-expiry" in "dead-zones" breaks AppForbiddenFinal:
        "Audio is sent to its first presigned URL for ever, expired or not."
        "uppy #1724: a presigned URL expired before the retry.";
    PortalTakenForInternet "portal-taken-for-internet" in "rough" breaks AppQueueDurable AppQueueDrains:
        "A captive portal's page with status 200 counts as success: the action is dropped."
        "react-native #18368: connected, without internet.";
    NoTokenMeansSignedOut "no-token-means-signed-out" in "dead-zones" breaks AppQueueDurable:
        "When no token is available, the app treats the user as signed out and clears the store."
        "clerk #7912: getToken gives null while offline.";
    ClockSetBack "clock-set-back" in "weekday" breaks AppCacheTtl:
        "Ages in the cache are measured by the phone's clock, which is set back three hours at noon."
        "Date.now() for durations, on phones whose clocks are corrected.";
    CacheIgnored "cache-ignored" in "weekday" breaks AppCacheTtl:
        "Every screen makes its calls although its data is fresh."
        "A stale time of zero, the default of the library.";
    LoadsEverything "loads-everything" in "weekday" breaks AppFirstPage:
        "Lists are loaded with a limit of 1000 at once."
        "limit=1000 as a way around paging.";
    SendsTenantId "sends-tenant-id" in "weekday" breaks AppNoTenant:
        "The list of tasks is asked for with a tenant_id."
        "A client generated from an older API that had the tenant as a parameter.";
    CallsAiDirectly "calls-ai-directly" in "weekday" breaks AppDocumentedOnly:
        "Results are fetched from /api/v1/ai, which is not documented."
        "An internal endpoint found in the network tab.";
    CompletesTaskDirectly "completes-task-directly" in "weekday" breaks AppQueueOnly:
        "Online, a task is completed without the queue."
        "An optimisation: the queue is used only offline.";
    TaskQueuedOffline "task-queued-offline" in "dead-zones" breaks AppQueueOnly:
        "Without a network, a new task goes into the queue."
        "One offline queue for everything that writes.";
    GeofenceMinusAccuracy "geofence-minus-accuracy" in "weekday" breaks AppGeofence:
        "A fix counts as inside if its circle of error reaches the fence, twice over."
        "Accuracy taken off the distance, so that bad fixes pass where good ones fail.";
    UploadBlindlyRepeated "upload-blindly-repeated" in "dead-zones" breaks AppUploadChecksFirst:
        "An upload that was cut is repeated without checking whether it arrived."
        "A retry wrapper around the whole upload.";
    PollsEverySecond "polls-every-second" in "weekday" breaks AppPolling:
        "A session is polled every second."
        "An interval in seconds passed as milliseconds, or the reverse.";
    PollsWithoutEnd "polls-without-end" in "ghost" breaks AppPolling:
        "Polling continues when a session is not done after five minutes."
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
        "The log line of an error contains the request's headers, including the bearer token."
        "console.log(error.config).";
    RequestIdNotLogged "request-id-not-logged" in "weekday" breaks AppRequestId:
        "The log line of an error lacks the request id."
        "Only error.message is logged, without what the backend team asks for.";
    CallsBeforeToken "calls-before-token" in "weekday" breaks AppBearer:
        "The first call after a launch is sent without a token, before there is one."
        "A client that is used before its provider is ready.";
    KeepsWhatIsGone "keeps-what-is-gone" in "dst" breaks AppNotFoundEvicts:
        "A row that answers 404 stays in the cache."
        "An error path that shows a message but does not update the store.";
    BlankWhileRefreshing "blank-while-refreshing" in "weekday" breaks AppStaleShown:
        "A screen is blank while it refreshes, although there is data to show."
        "if (loading) return <Spinner/>, before the data is looked at.";
    CancelIgnored "cancel-ignored" in "rough" breaks AppCancel:
        "Cancel closes the indicator, but the call continues."
        "An AbortController whose signal is not passed on.";
    NoSpinner "no-spinner" in "weekday" breaks AppSlowUi:
        "Slow screens show no loading indicator."
        "An indicator bound to the first load alone.";
    OneTimeoutForAll "one-timeout-for-all" in "weekday" breaks AppTimeouts:
        "Every call waits a minute."
        "The library's default timeout.";
    ClockInWhateverTheDay "clock-in-whatever-the-day" in "overnight" breaks AppQueueDrains:
        "A clock-in or clock-out that waited past midnight is still sent, for the wrong day."
        "A queue that replays its actions without checking whether they are still valid.";
}
