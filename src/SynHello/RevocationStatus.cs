namespace SynHello;

/// <summary>What was found out about a certificate.</summary>
internal enum RevocationStatus
{
    /// <summary>Its issuer vouches that it was not revoked.</summary>
    Good,

    /// <summary>Its issuer has revoked it.</summary>
    Revoked,

    /// <summary>Neither is proven.</summary>
    Unproven,
}
