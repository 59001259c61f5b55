using System.Formats.Asn1;

using SynHello.Crypto;

namespace SynHello;

/// <summary>
/// An OCSP response as it was received (RFC 6960 section 4.2): read, not judged. What it says holds only when
/// <see cref="OcspVerifier"/> finds it good.
/// </summary>
internal sealed class OcspResponse
{
    /// <summary>What HTTP calls a response (RFC 6960 appendix A.2).</summary>
    public const string ContentType = "application/ocsp-response";

    /// <summary>
    /// How long a response may be in bytes. One with an RSA-4096 responder's certificate has some 2,500.
    /// </summary>
    public const int MaximumLength = 16 * 1024;

    /// <summary>How many certificates it may bring along: one is needed, and each costs time to look at.</summary>
    public const int MaximumCertificates = 8;

    private const string Basic = "1.3.6.1.5.5.7.48.1.1";

    private OcspResponse(OcspResponseStatus status) => Status = status;

    /// <summary>Whether there is an answer; all else is empty when there is none.</summary>
    public OcspResponseStatus Status { get; }

    /// <summary>The DER of the responder's name; null when it is named by its key.</summary>
    public ReadOnlyMemory<byte>? ResponderName { get; private init; }

    /// <summary>SHA-1 of the responder's public key; null when it is named by its name.</summary>
    public ReadOnlyMemory<byte>? ResponderKeyHash { get; private init; }

    /// <summary>When the response was signed.</summary>
    public DateTimeOffset ProducedAt { get; private init; }

    /// <summary>What it says, certificate by certificate.</summary>
    public IReadOnlyList<OcspSingleResponse> Responses { get; private init; } = [];

    /// <summary>The object identifier of the first critical extension; null when there is none.</summary>
    public string? CriticalExtension { get; private init; }

    /// <summary>The signature around all of this; null when there is no answer.</summary>
    public DerSignature? Signature { get; private init; }

    /// <summary>The DER of the certificates that came with it.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; private init; } = [];

    /// <summary>Reads a response.</summary>
    /// <param name="encoded">All of it, and nothing behind it.</param>
    /// <exception cref="AsnContentException">It is none, not in DER, too long, or of a type other than the basic one.</exception>
    public static OcspResponse Read(ReadOnlyMemory<byte> encoded)
    {
        if (encoded.Length > MaximumLength)
            throw new AsnContentException($"The response is longer than {MaximumLength} bytes.");
        var outer = new AsnReader(encoded, AsnEncodingRules.DER);
        AsnReader reader = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        OcspResponseStatus status = reader.ReadEnumeratedValue<OcspResponseStatus>();
        if (!Enum.IsDefined(status))
            throw new AsnContentException("The response status is none that is known.");
        AsnReader? bytes = TryReadExplicit(reader, 0);
        reader.ThrowIfNotEmpty();
        if (status != OcspResponseStatus.Successful)
            return new OcspResponse(status);

        if (bytes is null)
            throw new AsnContentException("A successful response says nothing.");
        AsnReader typed = bytes.ReadSequence();
        bytes.ThrowIfNotEmpty();
        if (typed.ReadObjectIdentifier() != Basic)
            throw new AsnContentException("The response is not of the basic type.");
        if (!typed.TryReadPrimitiveOctetString(out ReadOnlyMemory<byte> basic))
            throw new AsnContentException("The basic response is not in DER.");
        typed.ThrowIfNotEmpty();
        return ReadBasic(basic);
    }

    /// <summary>Opens an explicitly tagged field.</summary>
    /// <returns>Null when another field stands there, or none.</returns>
    internal static AsnReader? TryReadExplicit(AsnReader reader, int tag)
    {
        var expected = new Asn1Tag(TagClass.ContextSpecific, tag, isConstructed: true);
        return reader.HasData && reader.PeekTag() == expected ? reader.ReadSequence(expected) : null;
    }

    /// <summary>Reads what may stand in field 1: extensions, none of which is needed here.</summary>
    internal static void ReadExtensions(AsnReader reader, ref string? critical)
    {
        if (TryReadExplicit(reader, 1) is not { } field)
            return;
        AsnReader extensions = field.ReadSequence();
        field.ThrowIfNotEmpty();
        while (extensions.HasData)
        {
            AsnReader extension = extensions.ReadSequence();
            string id = extension.ReadObjectIdentifier();

            // An explicit FALSE is not DER, but common, and it says nothing else than its absence.
            if (extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean())
                critical ??= id;
            if (!extension.TryReadPrimitiveOctetString(out _))
                throw new AsnContentException("An extension is not in DER.");
            extension.ThrowIfNotEmpty();
        }
    }

    private static OcspResponse ReadBasic(ReadOnlyMemory<byte> encoded)
    {
        var outer = new AsnReader(encoded, AsnEncodingRules.DER);
        AsnReader basic = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        AsnReader data = new AsnReader(basic.PeekEncodedValue(), AsnEncodingRules.DER).ReadSequence();
        DerSignature signature = DerSignature.Read(basic);
        List<ReadOnlyMemory<byte>> certificates = ReadCertificates(basic);
        basic.ThrowIfNotEmpty();

        // Version 1 spelled out is not DER, but says nothing else than its absence; no other version is defined.
        if (TryReadExplicit(data, 0) is { } version)
        {
            if (!version.TryReadInt32(out int number) || number != 0)
                throw new AsnContentException("The response is of a version that is not known.");
            version.ThrowIfNotEmpty();
        }

        ReadOnlyMemory<byte>? name = null;
        ReadOnlyMemory<byte>? keyHash = null;
        if (TryReadExplicit(data, 1) is { } byName)
        {
            name = byName.ReadEncodedValue();
            byName.ThrowIfNotEmpty();
        }
        else if (TryReadExplicit(data, 2) is { } byKey && byKey.TryReadPrimitiveOctetString(out ReadOnlyMemory<byte> hash))
        {
            keyHash = hash;
            byKey.ThrowIfNotEmpty();
        }
        else
        {
            throw new AsnContentException("The response names no responder.");
        }

        DateTimeOffset producedAt = data.ReadGeneralizedTime();
        string? critical = null;
        var responses = new List<OcspSingleResponse>();
        AsnReader singles = data.ReadSequence();
        while (singles.HasData)
            responses.Add(OcspSingleResponse.Read(singles, ref critical));
        ReadExtensions(data, ref critical);
        data.ThrowIfNotEmpty();
        return new OcspResponse(OcspResponseStatus.Successful)
        {
            ResponderName = name,
            ResponderKeyHash = keyHash,
            ProducedAt = producedAt,
            Responses = responses,
            CriticalExtension = critical,
            Signature = signature,
            Certificates = certificates,
        };
    }

    private static List<ReadOnlyMemory<byte>> ReadCertificates(AsnReader reader)
    {
        var certificates = new List<ReadOnlyMemory<byte>>();
        if (TryReadExplicit(reader, 0) is not { } field)
            return certificates;
        AsnReader sequence = field.ReadSequence();
        field.ThrowIfNotEmpty();
        while (sequence.HasData)
        {
            if (certificates.Count == MaximumCertificates)
                throw new AsnContentException($"The response brings more than {MaximumCertificates} certificates.");
            certificates.Add(sequence.ReadEncodedValue());
        }

        return certificates;
    }
}
