namespace SynHello.Http;

/// <summary>
/// What is known of a request before it is sent. Connections are made on other threads, which must not look into a message that is
/// under way, and find it in the message's options instead.
/// </summary>
internal sealed class SecureRequest
{
    private static readonly HttpRequestOptionsKey<SecureRequest> s_key = new("SynHello.SecureRequest");
    private static readonly AsyncLocal<SecureRequest?> s_current = new();

    /// <summary>
    /// The request that is under way in this asynchronous flow: a connection of HTTP/1.1 is written to in the flow of the request that
    /// uses it. Where the flow should be lost, nothing is early.
    /// </summary>
    public static SecureRequest? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>Whether it may ride as early data.</summary>
    public required bool MayBeEarly { get; init; }

    /// <summary>The Host header that its caller has set; null where there is none.</summary>
    public required string? Host { get; init; }

    /// <summary>How many flights of HTTP/2 had been early when it began: of later ones nobody knows which requests they held.</summary>
    public required int EarlyHttp2Flights { get; init; }

    /// <summary>Whether its server has taken it as early data, over HTTP/1.1.</summary>
    public bool WasEarly { get; set; }

    /// <summary>What is known of a message; null when nobody has begun it: <see cref="SocketsHttpHandler"/> has made it itself, for a proxy.</summary>
    public static SecureRequest? Of(HttpRequestMessage message) =>
        message.Options.TryGetValue(s_key, out SecureRequest? request) ? request : null;

    /// <summary>Begins it.</summary>
    public void BeginIn(HttpRequestMessage message)
    {
        message.Options.Set(s_key, this);
        Current = this;
    }
}
