namespace SynHello;

/// <summary>Waiting for what others were asked, who may answer late or never.</summary>
internal static class LateAnswer
{
    /// <summary>Waits for an answer: whoever does not look at its token must not hold the handshake beyond its time.</summary>
    public static async ValueTask<T> WaitAsync<T>(ValueTask<T> answer, CancellationToken cancellationToken)
    {
        if (answer.IsCompleted)
            return await answer.ConfigureAwait(false);
        return await Observed(answer.AsTask()).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for an answer, but not for long.</summary>
    /// <param name="ask">Asks; its token is canceled when nobody waits any more.</param>
    /// <param name="most">The longest wait.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    public static async ValueTask<T> WaitAsync<T>(
        Func<CancellationToken, ValueTask<T>> ask, TimeSpan most, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var unwanted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ValueTask<T> answer = ask(unwanted.Token);
        if (answer.IsCompleted)
            return await answer.ConfigureAwait(false);
        Task<T> late = Observed(answer.AsTask());
        try
        {
            return await late.WaitAsync(most, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!late.IsCompleted)
                await unwanted.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A task whose failure is nobody's to look at once nobody waits for it any more.</summary>
    private static Task<T> Observed<T>(Task<T> late)
    {
        _ = late.ContinueWith(
            static task => task.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return late;
    }
}
