using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>What was found out about a certificate, and for how long that holds.</summary>
internal sealed record RevocationVerdict
{
    private RevocationVerdict()
    {
    }

    /// <summary>What was found out.</summary>
    public required RevocationStatus Status { get; init; }

    /// <summary>When it was known to be right; the beginning of time when nothing is proven.</summary>
    public DateTimeOffset ThisUpdate { get; private init; }

    /// <summary>Until when it may be relied on; the beginning of time when nothing is proven.</summary>
    public DateTimeOffset Until { get; private init; }

    /// <summary>When the certificate was revoked; null when it was not, or that is not known.</summary>
    public DateTimeOffset? RevokedAt { get; private init; }

    /// <summary>Why the certificate was revoked; null when that is not said.</summary>
    public X509RevocationReason? Reason { get; private init; }

    /// <summary>Why nothing is proven.</summary>
    public RevocationProblem Problem { get; private init; }

    /// <summary>A part of a sentence for a person, such as "the response has expired".</summary>
    public string Description { get; private init; } = "";

    public static RevocationVerdict Good(DateTimeOffset thisUpdate, DateTimeOffset until) =>
        new() { Status = RevocationStatus.Good, ThisUpdate = thisUpdate, Until = until, Description = "it was not revoked" };

    public static RevocationVerdict Revoked(
        DateTimeOffset thisUpdate, DateTimeOffset until, DateTimeOffset? revokedAt, X509RevocationReason? reason) => new()
        {
            Status = RevocationStatus.Revoked,
            ThisUpdate = thisUpdate,
            Until = until,
            RevokedAt = revokedAt,
            Reason = reason,
            Description = "it was revoked"
                + (revokedAt is { } at ? " on " + Format(at) : "")
                + (reason is { } why ? $" ({(Enum.IsDefined(why) ? why : "reason " + (int)why)})" : ""),
        };

    public static RevocationVerdict Unproven(RevocationProblem problem, string description) =>
        new() { Status = RevocationStatus.Unproven, Problem = problem, Description = description };

    internal static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
