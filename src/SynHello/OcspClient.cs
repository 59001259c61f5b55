using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>
/// Asks OCSP responders over HTTP (RFC 6960 appendix A), bounded in time and size, and verifies what they say. Follows no redirect,
/// sends nothing but the question. Thread-safe.
/// </summary>
/// <param name="invoker">Who sends; null for one that all share.</param>
/// <param name="timeout">How long one question may take, all of its responders together.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class OcspClient(HttpMessageInvoker? invoker, TimeSpan timeout, TimeProvider timeProvider)
{
    /// <summary>How many of a certificate's responders are asked.</summary>
    private const int MostResponders = 2;
    private const int LongestAddress = 2048;

    /// <summary>Never disposed of: it keeps no connection that is not in use for longer than a short while.</summary>
    private static readonly Lazy<HttpMessageInvoker> s_invoker = new(CreateInvoker);

    private readonly HttpMessageInvoker _invoker = invoker ?? s_invoker.Value;

    /// <summary>
    /// Where a certificate says that one can ask about it (RFC 5280 section 4.2.2.1). Only http: a certificate may not send anybody to
    /// files, and asking over TLS would raise the same question again.
    /// </summary>
    public static IReadOnlyList<Uri> RespondersOf(X509Certificate2 certificate)
    {
        var found = new List<Uri>();
        foreach (X509AuthorityInformationAccessExtension access
            in certificate.Extensions.OfType<X509AuthorityInformationAccessExtension>())
        {
            foreach (string text in access.EnumerateOcspUris())
            {
                if (found.Count < MostResponders
                    && text.Length <= LongestAddress
                    && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
                    && uri.Scheme == Uri.UriSchemeHttp
                    && uri.UserInfo.Length == 0)
                {
                    found.Add(uri);
                }
            }
        }

        return found;
    }

    /// <summary>Asks about a certificate, one responder after the other until one has proven something.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; running out of time is an answer instead.</exception>
    public async Task<OcspAnswer> AskAsync(
        X509Certificate2 certificate, X509Certificate2 issuer, IReadOnlyList<Uri> responders, CancellationToken cancellationToken)
    {
        if (responders.Count == 0)
            return OcspAnswer.None("the certificate names no OCSP responder");
        byte[] request = OcspRequest.For(certificate, issuer);
        OcspAnswer answer = default;
        foreach (Uri responder in responders)
        {
            // They share the time: the first must not keep the second from being asked.
            using var expiry = new CancellationTokenSource(timeout / responders.Count, timeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
            try
            {
                // A handler of the caller's own may take its time to notice.
                answer = await AskAsync(responder, request, certificate, issuer, either.Token)
                    .WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                answer = OcspAnswer.None($"the OCSP responder at {responder} did not answer in time");
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                answer = OcspAnswer.None($"the OCSP responder at {responder} cannot be reached: {exception.Message.TrimEnd('.')}");
            }

            if (answer.Verdict.Status != RevocationStatus.Unproven)
                break;
        }

        return answer;
    }

    private async Task<OcspAnswer> AskAsync(
        Uri responder, byte[] request, X509Certificate2 certificate, X509Certificate2 issuer, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, responder);
        message.Content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue(OcspRequest.ContentType) } };
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(OcspResponse.ContentType));

        // HttpClient would gather the body first, as much as there is.
        using HttpResponseMessage answer = _invoker is HttpClient client
            ? await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false)
            : await _invoker.SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (answer.StatusCode != HttpStatusCode.OK)
            return OcspAnswer.None($"the OCSP responder at {responder} answered with HTTP status {(int)answer.StatusCode}");
        if (!string.Equals(answer.Content.Headers.ContentType?.MediaType, OcspResponse.ContentType, StringComparison.OrdinalIgnoreCase))
            return OcspAnswer.None($"the OCSP responder at {responder} answered with something else than an OCSP response");
        if (await ReadAsync(answer.Content, cancellationToken).ConfigureAwait(false) is not { } body)
            return OcspAnswer.None($"the OCSP responder at {responder} answered with more than {OcspResponse.MaximumLength} bytes");

        RevocationVerdict verdict = OcspVerifier.Verify(body, certificate, issuer, timeProvider.GetUtcNow());
        return new OcspAnswer(verdict, verdict.Status == RevocationStatus.Unproven ? default : body);
    }

    /// <returns>Null when there is more than a response may have.</returns>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > OcspResponse.MaximumLength)
            return null;
        Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            byte[] buffer = new byte[OcspResponse.MaximumLength + 1];
            int length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            if (length == buffer.Length)
                return null;
            return buffer.AsSpan(0, length).ToArray();
        }
    }

    private static HttpMessageInvoker CreateInvoker() => new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            MaxResponseHeadersLength = 16, // kilobytes
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        },
        disposeHandler: true);
}
