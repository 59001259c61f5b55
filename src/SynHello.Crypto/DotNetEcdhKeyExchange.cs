using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>ECDH over a NIST curve in .NET, where there is no libcrypto: right, but several times slower.</summary>
internal sealed class DotNetEcdhKeyExchange : KeyExchange
{
    private readonly NistCurve _curve;
    private readonly ECDiffieHellman _key;
    private readonly byte[] _publicKey;

    private DotNetEcdhKeyExchange(NistCurve curve, ECDiffieHellman key)
    {
        _curve = curve;
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        _publicKey = [NistCurve.Uncompressed, .. point.X!, .. point.Y!];
    }

    public override NamedGroup Group => _curve.Group;

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    public override int SharedSecretLength => _curve.FieldLength;

    public static DotNetEcdhKeyExchange Generate(NistCurve curve) => new(curve, ECDiffieHellman.Create(curve.Curve));

    /// <summary>Makes the key pair of a known scalar, for replaying recorded handshakes.</summary>
    public static DotNetEcdhKeyExchange Import(NistCurve curve, ReadOnlySpan<byte> privateKey)
    {
        if (privateKey.Length != curve.FieldLength)
            throw new ArgumentException($"A {curve.Group} private key has {curve.FieldLength} octets.", nameof(privateKey));

        var parameters = new ECParameters { Curve = curve.Curve, D = privateKey.ToArray() };
        try
        {
            return new DotNetEcdhKeyExchange(curve, ECDiffieHellman.Create(parameters));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    public override void DeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret)
    {
        Digest.Exactly(sharedSecret, _curve.FieldLength);
        if (!_curve.HasPointForm(peerPublicKey))
        {
            throw new TlsProtocolException(
                TlsErrorCause.InvalidKeyShare, $"A {Group} key share is not an uncompressed point.");
        }

        // Each library checks an imported point; each reports in its own words that it is not on the curve.
        using var peer = ImportPeer(peerPublicKey);
        var secret = _key.DeriveRawSecretAgreement(peer.PublicKey);
        secret.CopyTo(sharedSecret);
        CryptographicOperations.ZeroMemory(secret);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _key.Dispose();
    }

    private ECDiffieHellman ImportPeer(ReadOnlySpan<byte> point)
    {
        try
        {
            return ECDiffieHellman.Create(new ECParameters { Curve = _curve.Curve, Q = _curve.ToPoint(point) });
        }
        catch (CryptographicException e)
        {
            throw new TlsProtocolException(
                TlsErrorCause.InvalidKeyShare,
                $"A {Group} key share is not on the curve.", e);
        }
    }
}
