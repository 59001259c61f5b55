using System.Security.Authentication;

using Microsoft.AspNetCore.Server.Kestrel.Https;

using SynHello.Tls;

namespace SynHello.AspNetCore;

/// <summary>
/// What is said of Kestrel's own TLS (ConfigureHttpsDefaults, EndpointDefaults), in SynHello's words: who asks all of a server's clients for
/// a certificate does not expect that some are not asked.
/// </summary>
internal static class HttpsDefaults
{
    private const string Name = "Kestrel's HTTPS defaults (ConfigureHttpsDefaults)";

    private static readonly HttpsConnectionAdapterOptions _untouched = new();

    /// <exception cref="InvalidOperationException">Something has no counterpart, and leaving it out could make connections less safe.</exception>
    public static void Apply(HttpsConnectionAdapterOptions https, SecureListenerOptions options)
    {
        if (https.OnAuthenticate is not null)
        {
            throw new InvalidOperationException(
                $"{Name}: OnAuthenticate sets up SslStream, which is not there; say it with SecureListenerOptions, "
                + "and leave OnAuthenticate to the endpoints that it is for (UseHttps).");
        }

        if (https.SslProtocols != _untouched.SslProtocols)
            options.EnabledSslProtocols = ToProtocols(https.SslProtocols);
        if (https.ClientCertificateMode != _untouched.ClientCertificateMode)
            options.ClientCertificateMode = ToMode(https.ClientCertificateMode) ?? throw NotAfterwards();
        if (https.HandshakeTimeout != _untouched.HandshakeTimeout)
            options.HandshakeTimeout = https.HandshakeTimeout;
        if (https.CheckCertificateRevocation)
        {
            // As X509Chain does it for SslStream: by lists, and what cannot be found out is a failure.
            options.ClientCertificateRevocation = new RevocationOptions
            {
                Mode = RevocationMode.Crl,
                FailureMode = RevocationFailureMode.HardFail,
            };
        }

        if (https.ClientCertificateValidation is { } validate)
        {
            options.ClientCertificateValidationCallback = (_, certificate, chain, errors) =>
                certificate is System.Security.Cryptography.X509Certificates.X509Certificate2 shown && validate(shown, chain, errors);
        }
    }

    /// <summary>Whether they name certificates, which a listener has of its own.</summary>
    public static bool HaveCertificates(HttpsConnectionAdapterOptions https) =>
        https.ServerCertificate is not null || https.ServerCertificateSelector is not null;

    /// <returns>Null where there is no such mode.</returns>
    public static TlsClientCertificateMode? ToMode(ClientCertificateMode mode) => mode switch
    {
        ClientCertificateMode.NoCertificate => TlsClientCertificateMode.None,
        ClientCertificateMode.AllowCertificate => TlsClientCertificateMode.Requested,
        ClientCertificateMode.RequireCertificate => TlsClientCertificateMode.Required,
        _ => null,
    };

    private static SslProtocols ToProtocols(SslProtocols protocols)
    {
        if ((protocols & ~(SslProtocols.Tls12 | SslProtocols.Tls13)) != SslProtocols.None)
            throw new InvalidOperationException($"{Name}: SslProtocols \"{protocols}\" is more than there is: TLS 1.2 and TLS 1.3.");
        return protocols;
    }

    private static InvalidOperationException NotAfterwards() =>
        new($"{Name}: nobody is asked for a certificate after the handshake here "
            + $"(ClientCertificateMode \"{ClientCertificateMode.DelayCertificate}\").");
}
