namespace SynHello.Wire;

/// <summary>
/// The OfferedPsks of a ClientHello (RFC 8446 section 4.2.11): identities, and a binder for each in the same order.
/// </summary>
internal readonly ref struct PreSharedKeyOffer
{
    /// <summary>The shortest binder: the hash of a cipher suite is no shorter.</summary>
    public const int MinimumBinderLength = 32;

    /// <summary>The identities without the length in front of them.</summary>
    public ReadOnlySpan<byte> Identities { get; init; }

    /// <summary>The binders without the length in front of them.</summary>
    public ReadOnlySpan<byte> Binders { get; init; }

    /// <summary>
    /// How many bytes at the end of the ClientHello the binders do not cover: themselves, with the length of their list.
    /// </summary>
    public int TruncatedLength => 2 + Binders.Length;

    public static PreSharedKeyOffer Parse(ReadOnlySpan<byte> data)
    {
        var reader = new TlsReader(data);
        ReadOnlySpan<byte> identities = reader.ReadVector16(7);
        ReadOnlySpan<byte> binders = reader.ReadVector16(MinimumBinderLength + 1);
        reader.ExpectEnd();

        var offer = new PreSharedKeyOffer { Identities = identities, Binders = binders };
        int balance = 0;
        foreach (PreSharedKeyIdentity identity in offer)
            balance++;
        var binderReader = new TlsReader(binders);
        while (!binderReader.IsAtEnd)
        {
            binderReader.ReadVector8(MinimumBinderLength);
            balance--;
        }

        // RFC 8446 section 4.2.11: one binder for each identity.
        return balance == 0
            ? offer
            : throw new TlsProtocolException(TlsErrorCause.IllegalValue, "pre_shared_key has not one binder for each identity.");
    }

    /// <summary>The identities, each with its binder.</summary>
    public Enumerator GetEnumerator() => new(Identities, Binders);

    public ref struct Enumerator(ReadOnlySpan<byte> identities, ReadOnlySpan<byte> binders)
    {
        private TlsReader _identities = new(identities);
        private TlsReader _binders = new(binders);

        public PreSharedKeyIdentity Current { get; private set; }

        public bool MoveNext()
        {
            if (_identities.IsAtEnd)
                return false;
            Current = new PreSharedKeyIdentity
            {
                Identity = _identities.ReadVector16(1),
                ObfuscatedTicketAge = _identities.ReadUInt32(),
                Binder = _binders.IsAtEnd ? default : _binders.ReadVector8(),
            };
            return true;
        }
    }
}
