using System.Security.Cryptography;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Targets;

/// <summary>
/// The cookie of a HelloRetryRequest. An input is whether it is authenticated first (1), and the cookie, without its tag then.
/// </summary>
internal sealed class HelloRetryCookieTarget : FuzzTarget
{
    private static readonly byte[] _key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public override string Name => "hello-retry-cookie";

    public override string Grammar => "1,2,2,32,32";

    public override IEnumerable<byte[]> MakeSeeds()
    {
        foreach (CipherSuite suite in new[] { CipherSuite.TlsAes128GcmSha256, CipherSuite.TlsAes256GcmSha384 })
        {
            var cookie = new HelloRetryCookie(
                suite, NamedGroup.Secp384r1, new byte[CipherSuiteParameters.Of(suite).HashLength], new byte[ClientHelloDigest.Length]);
            byte[] @sealed = new byte[HelloRetryCookie.MaximumLength];
            int length = cookie.Seal(DefaultCryptoProvider.Instance, _key, @sealed);
            yield return [0, .. @sealed.AsSpan(0, length)];
            yield return [1, .. @sealed.AsSpan(0, length - 32)];
        }
    }

    public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
    {
        if (input.IsEmpty)
            return Outcome.Nothing;
        ReadOnlySpan<byte> cookie = input[1..];
        if (input[0] != 0)
            cookie = (byte[])[.. cookie, .. HMACSHA256.HashData(_key, cookie)];
        try
        {
            HelloRetryCookie opened = HelloRetryCookie.Open(DefaultCryptoProvider.Instance, _key, cookie);
            byte[] again = new byte[HelloRetryCookie.MaximumLength];
            int length = opened.Seal(DefaultCryptoProvider.Instance, _key, again);
            if (!cookie.SequenceEqual(again.AsSpan(0, length)))
                throw new InvariantException("A cookie is sealed again as something else.");
            return new Outcome(opened.Suite.Value, 0, "opened");
        }
        catch (TlsProtocolException failure)
        {
            return new Outcome(Mixer.AbsorbWords(Mixer.Start, failure.Message), 0, failure.Cause.ToString());
        }
    }
}
