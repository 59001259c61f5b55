using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;

namespace SynHello.Http;

/// <content>What is set before the first request. Later it is an <see cref="InvalidOperationException"/>.</content>
public sealed partial class SecureHttpHandler
{
    /// <summary>
    /// How connections are made: Fast Open, sessions, certificates. <see cref="SecureClientOptions.ApplicationProtocols"/> is not
    /// looked at: each request says what it is to be spoken in. Where <see cref="SecureClientOptions.TicketRequest"/> is null, servers are
    /// asked for enough tickets for several connections at once, and <see cref="SecureClientOptions.SessionStore"/> null means a
    /// <see cref="MemorySessionStore"/> of the handler's own that keeps them. Read with the first request; one object can be given to
    /// several handlers.
    /// </summary>
    /// <exception cref="InvalidOperationException">A request was sent already.</exception>
    public SecureClientOptions SecureOptions
    {
        get => _secureOptions;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            ThrowIfStarted();
            _secureOptions = value;
        }
    }

    /// <summary>
    /// Whether a GET, HEAD or OPTIONS without a body may ride as early data, unless it says otherwise itself (<see
    /// cref="SecureHttpRequestOptions.AllowEarlyData"/>); true by default. Whoever has recorded such a request can send it again, and
    /// it is not forward secret: turn it off where a GET has effects, or its content has to stay secret for years (RFC 8446 section 8,
    /// appendix E.5).
    /// </summary>
    /// <exception cref="InvalidOperationException">A request was sent already.</exception>
    public bool AllowEarlyData
    {
        get => _earlyRequests.AreAllowed;
        set
        {
            ThrowIfStarted();
            _earlyRequests.AreAllowed = value;
        }
    }

    /// <summary>Whatever the application wants to keep with the handler.</summary>
    public IDictionary<string, object?> Properties => _inner.Properties;

    /// <summary>
    /// Whether redirects are followed; true by default. As with <see cref="SocketsHttpHandler"/>, none leads from
    /// HTTPS to HTTP.
    /// </summary>
    public bool AllowAutoRedirect
    {
        get => _inner.AllowAutoRedirect;
        set => _inner.AllowAutoRedirect = value;
    }

    /// <summary>What responses are decompressed from; nothing by default.</summary>
    public DecompressionMethods AutomaticDecompression
    {
        get => _inner.AutomaticDecompression;
        set => _inner.AutomaticDecompression = value;
    }

    /// <summary>
    /// Whether cookies are kept in <see cref="CookieContainer"/> and sent; true by default. A cookie rides as early
    /// data with its request.
    /// </summary>
    public bool UseCookies
    {
        get => _inner.UseCookies;
        set => _inner.UseCookies = value;
    }

    /// <summary>Where cookies are kept.</summary>
    public CookieContainer CookieContainer
    {
        get => _inner.CookieContainer;
        set => _inner.CookieContainer = value;
    }

    /// <summary>
    /// Whether a proxy is used where there is one; true by default. What goes through a proxy is <see
    /// cref="SocketsHttpHandler"/>'s own, TLS included, under <see cref="SecureOptions"/>' trust unless <see cref="SslOptions"/> say otherwise.
    /// </summary>
    public bool UseProxy
    {
        get => _inner.UseProxy;
        set => _inner.UseProxy = value;
    }

    /// <summary>The proxy; null, the default, means the system's.</summary>
    public IWebProxy? Proxy
    {
        get => _inner.Proxy;
        set => _inner.Proxy = value;
    }

    /// <summary>What is shown to the system's proxy; null by default.</summary>
    public ICredentials? DefaultProxyCredentials
    {
        get => _inner.DefaultProxyCredentials;
        set => _inner.DefaultProxyCredentials = value;
    }

    /// <summary>What is shown to servers that ask for it; null by default.</summary>
    public ICredentials? Credentials
    {
        get => _inner.Credentials;
        set => _inner.Credentials = value;
    }

    /// <summary>
    /// Whether <see cref="Credentials"/> are sent unasked once a server has asked for them; false by default.
    /// </summary>
    public bool PreAuthenticate
    {
        get => _inner.PreAuthenticate;
        set => _inner.PreAuthenticate = value;
    }

    /// <summary>How many redirects are followed; 50 by default.</summary>
    public int MaxAutomaticRedirections
    {
        get => _inner.MaxAutomaticRedirections;
        set => _inner.MaxAutomaticRedirections = value;
    }

    /// <summary>
    /// How many connections of HTTP/1.1 there may be to one server; <see cref="int.MaxValue"/> by default.
    /// </summary>
    public int MaxConnectionsPerServer
    {
        get => _inner.MaxConnectionsPerServer;
        set => _inner.MaxConnectionsPerServer = value;
    }

    /// <summary>
    /// How much of a response that nobody reads is read, in bytes, so that its connection can be used again; 1 MB by
    /// default.
    /// </summary>
    public int MaxResponseDrainSize
    {
        get => _inner.MaxResponseDrainSize;
        set => _inner.MaxResponseDrainSize = value;
    }

    /// <summary>How long that may take; 2 seconds by default.</summary>
    public TimeSpan ResponseDrainTimeout
    {
        get => _inner.ResponseDrainTimeout;
        set => _inner.ResponseDrainTimeout = value;
    }

    /// <summary>How long the headers of a response may be, in kilobytes of 1,024 bytes; 64 by default.</summary>
    public int MaxResponseHeadersLength
    {
        get => _inner.MaxResponseHeadersLength;
        set => _inner.MaxResponseHeadersLength = value;
    }

    /// <summary>
    /// How long a connection may be used; without limit by default. A connection that replaces one resumes its
    /// session.
    /// </summary>
    public TimeSpan PooledConnectionLifetime
    {
        get => _inner.PooledConnectionLifetime;
        set => _inner.PooledConnectionLifetime = value;
    }

    /// <summary>How long a connection is kept that nobody uses; a minute by default.</summary>
    public TimeSpan PooledConnectionIdleTimeout
    {
        get => _inner.PooledConnectionIdleTimeout;
        set => _inner.PooledConnectionIdleTimeout = value;
    }

    /// <summary>
    /// How long connecting may take, with all that is TLS; without limit by default, other than <see
    /// cref="SecureClientOptions.HandshakeTimeout"/>.
    /// </summary>
    public TimeSpan ConnectTimeout
    {
        get => _inner.ConnectTimeout;
        set => _inner.ConnectTimeout = value;
    }

    /// <summary>How long a 100 (Continue) is waited for where it was asked for; a second by default.</summary>
    public TimeSpan Expect100ContinueTimeout
    {
        get => _inner.Expect100ContinueTimeout;
        set => _inner.Expect100ContinueTimeout = value;
    }

    /// <summary>The window of a stream of HTTP/2 at its beginning, in bytes; 65,535 by default.</summary>
    public int InitialHttp2StreamWindowSize
    {
        get => _inner.InitialHttp2StreamWindowSize;
        set => _inner.InitialHttp2StreamWindowSize = value;
    }

    /// <summary>
    /// Whether more than one connection of HTTP/2 is made to a server, when the streams of one are all in use; false
    /// by default.
    /// </summary>
    public bool EnableMultipleHttp2Connections
    {
        get => _inner.EnableMultipleHttp2Connections;
        set => _inner.EnableMultipleHttp2Connections = value;
    }

    /// <summary>After what silence a connection of HTTP/2 is asked whether it is alive; never by default.</summary>
    public TimeSpan KeepAlivePingDelay
    {
        get => _inner.KeepAlivePingDelay;
        set => _inner.KeepAlivePingDelay = value;
    }

    /// <summary>How long it may take to answer that; 20 seconds by default.</summary>
    public TimeSpan KeepAlivePingTimeout
    {
        get => _inner.KeepAlivePingTimeout;
        set => _inner.KeepAlivePingTimeout = value;
    }

    /// <summary>Whether it is asked while there is no request under way; it is by default.</summary>
    public HttpKeepAlivePingPolicy KeepAlivePingPolicy
    {
        get => _inner.KeepAlivePingPolicy;
        set => _inner.KeepAlivePingPolicy = value;
    }

    /// <summary>Chooses the encoding of request headers; null, the default, means ASCII.</summary>
    public HeaderEncodingSelector<HttpRequestMessage>? RequestHeaderEncodingSelector
    {
        get => _inner.RequestHeaderEncodingSelector;
        set => _inner.RequestHeaderEncodingSelector = value;
    }

    /// <summary>Chooses the encoding of response headers; null, the default, means Latin-1.</summary>
    public HeaderEncodingSelector<HttpRequestMessage>? ResponseHeaderEncodingSelector
    {
        get => _inner.ResponseHeaderEncodingSelector;
        set => _inner.ResponseHeaderEncodingSelector = value;
    }

    /// <summary>Writes the trace's context into requests; .NET's own by default, and null writes none.</summary>
    public DistributedContextPropagator? ActivityHeadersPropagator
    {
        get => _inner.ActivityHeadersPropagator;
        set => _inner.ActivityHeadersPropagator = value;
    }

    /// <summary>
    /// Makes the meters of HTTP and, unless <see cref="SecureClientOptions.MeterFactory"/> is set, of connections;
    /// null, the default, uses the process's own.
    /// </summary>
    public IMeterFactory? MeterFactory
    {
        get => _inner.MeterFactory;
        set => _inner.MeterFactory = value;
    }

    /// <summary>
    /// How .NET's own TLS connects, where a proxy is in between or HTTP/3 is spoken. Other connections are <see cref="SecureOptions"/>'
    /// business. Where neither <see cref="SslClientAuthenticationOptions.CertificateChainPolicy"/> nor <see
    /// cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/> is set, servers' certificates, a proxy's too, are judged as <see
    /// cref="SecureOptions"/> say, but without the OCSP responses that come with them. Certificates of the client's are not taken from there:
    /// where there are some, and none here, no such connection is made.
    /// </summary>
    public SslClientAuthenticationOptions SslOptions
    {
        get => _inner.SslOptions;
        set => _inner.SslOptions = value;
    }
}
