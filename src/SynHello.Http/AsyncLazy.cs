namespace SynHello.Http;

/// <summary>A value that is made when it is first asked for, once for all; a failure is not kept. Thread-safe.</summary>
/// <param name="make">Makes it.</param>
internal sealed class AsyncLazy<T>(Func<Task<T>> make)
{
    private readonly Lock _lock = new();
    private Task<T>? _value;

    /// <summary>The value, or what it is going to be.</summary>
    public Task<T> Value
    {
        get
        {
            lock (_lock)
            {
                if (_value is null or { IsFaulted: true } or { IsCanceled: true })
                    _value = make();
                return _value;
            }
        }
    }
}
