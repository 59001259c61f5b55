using System.Formats.Asn1;
using System.Security.Cryptography;

namespace SynHello.Crypto;

/// <summary>
/// A signature algorithm as X.509 names it (RFC 4055, RFC 5758), of those that are taken: ECDSA, RSA PKCS #1 v1.5 and RSA-PSS, each
/// with SHA-256, SHA-384 or SHA-512.
/// </summary>
/// <param name="Hash">The hash.</param>
/// <param name="RsaPadding">How RSA pads; null for ECDSA.</param>
internal readonly record struct SignatureAlgorithm(HashAlgorithmName Hash, RSASignaturePadding? RsaPadding)
{
    private const string Pss = "1.2.840.113549.1.1.10";
    private const string Mgf1 = "1.2.840.113549.1.1.8";

    /// <summary>Reads an AlgorithmIdentifier.</summary>
    /// <returns>Null when it is not one that is taken.</returns>
    /// <exception cref="AsnContentException">It is no AlgorithmIdentifier.</exception>
    public static SignatureAlgorithm? TryRead(ReadOnlyMemory<byte> encoded)
    {
        AsnReader reader = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        string algorithm = reader.ReadObjectIdentifier();
        SignatureAlgorithm? found = algorithm switch
        {
            "1.2.840.10045.4.3.2" => new SignatureAlgorithm(HashAlgorithmName.SHA256, null),
            "1.2.840.10045.4.3.3" => new SignatureAlgorithm(HashAlgorithmName.SHA384, null),
            "1.2.840.10045.4.3.4" => new SignatureAlgorithm(HashAlgorithmName.SHA512, null),
            "1.2.840.113549.1.1.11" => new SignatureAlgorithm(HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "1.2.840.113549.1.1.12" => new SignatureAlgorithm(HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            "1.2.840.113549.1.1.13" => new SignatureAlgorithm(HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            Pss => ReadPss(reader),
            _ => null,
        };
        if (found is null)
            return null;

        // RSA's has NULL parameters or none, ECDSA's none (RFC 4055 section 5, RFC 5758 section 3.2).
        if (found.Value.RsaPadding == RSASignaturePadding.Pkcs1 && reader.HasData)
            reader.ReadNull();
        reader.ThrowIfNotEmpty();
        return found;
    }

    /// <summary>
    /// The parameters of PSS (RFC 4055 section 3.1). Their defaults mean SHA-1, so that all have to be there, and agree: .NET salts
    /// with as many bytes as the hash has.
    /// </summary>
    private static SignatureAlgorithm? ReadPss(AsnReader reader)
    {
        AsnReader parameters = reader.ReadSequence();
        if (ReadHash(parameters, Tag(0)) is not { } hash)
            return null;
        if (!parameters.HasData || parameters.PeekTag() != Tag(1))
            return null;
        AsnReader mask = parameters.ReadSequence(Tag(1));
        AsnReader generator = mask.ReadSequence();
        mask.ThrowIfNotEmpty();
        if (generator.ReadObjectIdentifier() != Mgf1 || ReadHash(generator.ReadSequence()) != hash)
            return null;
        generator.ThrowIfNotEmpty();
        if (!parameters.HasData || parameters.PeekTag() != Tag(2))
            return null;
        AsnReader salt = parameters.ReadSequence(Tag(2));
        if (!salt.TryReadInt32(out int length) || length != Length(hash))
            return null;
        salt.ThrowIfNotEmpty();
        parameters.ThrowIfNotEmpty(); // the trailer can only be its default, which DER leaves out
        return new SignatureAlgorithm(hash, RSASignaturePadding.Pss);
    }

    private static HashAlgorithmName? ReadHash(AsnReader parameters, Asn1Tag tag)
    {
        if (!parameters.HasData || parameters.PeekTag() != tag)
            return null;
        AsnReader wrapped = parameters.ReadSequence(tag);
        AsnReader algorithm = wrapped.ReadSequence();
        wrapped.ThrowIfNotEmpty();
        return ReadHash(algorithm);
    }

    private static HashAlgorithmName? ReadHash(AsnReader algorithm)
    {
        HashAlgorithmName? hash = algorithm.ReadObjectIdentifier() switch
        {
            "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
            "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
            "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (algorithm.HasData)
            algorithm.ReadNull();
        algorithm.ThrowIfNotEmpty();
        return hash;
    }

    private static int Length(HashAlgorithmName hash) =>
        hash == HashAlgorithmName.SHA256 ? SHA256.HashSizeInBytes
        : hash == HashAlgorithmName.SHA384 ? SHA384.HashSizeInBytes
        : SHA512.HashSizeInBytes;

    private static Asn1Tag Tag(int value) => new(TagClass.ContextSpecific, value, isConstructed: true);
}
