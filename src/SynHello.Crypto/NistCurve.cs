using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>What there is to know of secp256r1 and secp384r1, in .NET and in libcrypto.</summary>
internal sealed class NistCurve
{
    /// <summary>The first octet of an uncompressed point (SEC 1 section 2.3.3), the only form in TLS 1.3.</summary>
    public const byte Uncompressed = 0x04;

    private readonly Lazy<nint> _nativeGroup;

    private NistCurve(
        NamedGroup group,
        SignatureScheme scheme,
        ECCurve curve,
        int fieldLength,
        int maximumSignatureLength,
        int nativeId)
    {
        Group = group;
        Scheme = scheme;
        Curve = curve;
        FieldLength = fieldLength;
        MaximumSignatureLength = maximumSignatureLength;

        // Made once and never freed: keys copy it, and building it costs as much as using it.
        _nativeGroup = new Lazy<nint>(() => Libcrypto.EC_GROUP_new_by_curve_name(nativeId));
    }

    public static NistCurve P256 { get; } = new(
        NamedGroup.Secp256r1, SignatureScheme.EcdsaSecp256r1Sha256, ECCurve.NamedCurves.nistP256, 32, 72, nativeId: 415);

    public static NistCurve P384 { get; } = new(
        NamedGroup.Secp384r1, SignatureScheme.EcdsaSecp384r1Sha384, ECCurve.NamedCurves.nistP384, 48, 104, nativeId: 715);

    public NamedGroup Group { get; }

    /// <summary>The one ECDSA scheme that goes with the curve (RFC 8446 section 4.2.3).</summary>
    public SignatureScheme Scheme { get; }

    public ECCurve Curve { get; }

    /// <summary>The size of a coordinate in bytes.</summary>
    public int FieldLength { get; }

    public int PointLength => 1 + (2 * FieldLength);

    /// <summary>The size in bytes of the largest ECDSA signature in DER.</summary>
    public int MaximumSignatureLength { get; }

    /// <summary>
    /// libcrypto's EC_GROUP, shared by all threads and only read; zero when libcrypto was built without the curve.
    /// </summary>
    public nint NativeGroup => _nativeGroup.Value;

    /// <summary>Whether the scheme is one of the curves', whichever.</summary>
    public static bool IsScheme(SignatureScheme scheme) => scheme == P256.Scheme || scheme == P384.Scheme;

    public static NistCurve? For(NamedGroup group)
    {
        if (group == NamedGroup.Secp256r1)
            return P256;

        return group == NamedGroup.Secp384r1 ? P384 : null;
    }

    /// <summary>
    /// Whether the octets have the form of an uncompressed point (RFC 8446 section 4.2.8.2). That leaves out compressed
    /// and
    /// hybrid points and the point at infinity; whether it is on the curve is the library's to say.
    /// </summary>
    public bool HasPointForm(ReadOnlySpan<byte> point) => point.Length == PointLength && point[0] == Uncompressed;

    /// <summary>The two coordinates of an uncompressed point in .NET's form.</summary>
    public ECPoint ToPoint(ReadOnlySpan<byte> point) => new()
    {
        X = point.Slice(1, FieldLength).ToArray(),
        Y = point.Slice(1 + FieldLength, FieldLength).ToArray(),
    };
}
