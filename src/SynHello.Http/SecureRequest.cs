using System.Net.Http.Json;

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

    /// <summary>Whether it may ride as early data, as far as it goes by itself.</summary>
    public required bool MayBeEarly { get; init; }

    /// <summary>Where it is sent to, before any redirect; null where it does not say.</summary>
    public required Uri? Uri { get; init; }

    /// <summary>The Host header that its caller has set; null where there is none.</summary>
    public required string? Host { get; init; }

    /// <summary>How many flights of HTTP/2 had been early when it began: of later ones nobody knows which requests they held.</summary>
    public required int EarlyHttp2Flights { get; init; }

    /// <summary>Whose server has taken it as early data last, over HTTP/1.1; null while none has.</summary>
    public Origin? EarlyAt { get; set; }

    /// <summary>Set where a server has chosen HTTP/1.1 for it, and it has to be made again as a request of HTTP/1.1.</summary>
    public bool IsForHttp11 { get; set; }

    /// <summary>What is known of a message; null when nobody has begun it: <see cref="SocketsHttpHandler"/> has made it itself, for a proxy.</summary>
    public static SecureRequest? Of(HttpRequestMessage message) =>
        message.Options.TryGetValue(s_key, out SecureRequest? request) ? request : null;

    /// <summary>Whether a message may be spoken in HTTP/2 over TLS, as <see cref="SocketsHttpHandler"/> decides it.</summary>
    public static bool OffersHttp2(HttpRequestMessage message) =>
        message.Version.Major >= 2 || message.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher;

    /// <summary>Whether a message that may be spoken in HTTP/2 may be spoken in HTTP/1.1 as well.</summary>
    public static bool OffersHttp11(HttpRequestMessage message) =>
        message.Version.Major < 2 || message.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower;

    /// <summary>
    /// Whether it may ride as early data to a server. What one has taken so is not sent to it so again, when a pool makes it again for
    /// instance.
    /// </summary>
    public bool MayBeEarlyTo(Origin origin) => MayBeEarly && EarlyAt != origin;

    /// <summary>Whether nobody can say of a message's body that it can be sent a second time.</summary>
    public static bool HasContentForOnce(HttpRequestMessage message) =>
        message.Content is not (null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent);

    /// <summary>Begins it.</summary>
    public void BeginIn(HttpRequestMessage message)
    {
        message.Options.Set(s_key, this);
        Current = this;
    }
}
