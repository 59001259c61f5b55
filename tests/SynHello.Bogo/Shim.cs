using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>One test of the runner: a connection, and those that resume it.</summary>
internal static class Shim
{
    private const string HandshakerQuestion = "-is-handshaker-supported";

    /// <summary>The exit status that makes a test fail whatever it waits for, another failure too.</summary>
    private const int TestFailure = 90;

    public static int Run(string[] arguments)
    {
        if (arguments.Contains(HandshakerQuestion))
        {
            Console.Out.WriteLine("No");
            return 0;
        }

        try
        {
            (ShimFlags initial, ShimFlags resume, ShimFlags retry) = FlagTable.Parse(arguments);
            RunConnections(initial, resume, retry);
            return 0;
        }
        catch (UnimplementedException exception)
        {
            Console.Error.WriteLine($"not implemented: {exception.Message}");
            return UnimplementedException.ExitStatus;
        }
        catch (TlsProtocolException failure) when (ErrorNames.IsRefusal(failure))
        {
            Console.Error.WriteLine($"{failure.Cause}: {failure.Message} {failure.InnerException}");
            foreach (string name in ErrorNames.Of(failure))
                Console.Error.WriteLine(name);
            return 1;
        }
        catch (UncleanCloseException exception)
        {
            Console.Error.WriteLine(exception);
            return 1;
        }
        catch (Exception exception)
        {
            // A defect, of the engine's or the shim's, or an outcome that was not expected: nothing that a test which
            // wants the connection to fail may take for a refusal.
            Console.Error.WriteLine(exception);
            return TestFailure;
        }
    }

    private static void RunConnections(ShimFlags initial, ShimFlags resume, ShimFlags retry)
    {
        var clock = new ShimClock();
        using var server = new ShimServerState(clock, initial.Async);
        TlsSession? session = null;
        for (int i = 0; i <= initial.ResumeCount; i++)
        {
            bool isResume = i > 0;
            ShimFlags flags = isResume ? resume : initial;
            if (isResume && !flags.IsServer && session is null)
                throw new ExpectationException("No session to offer.");
            session = flags.IsServer
                ? RunServer(flags, server, isResume)
                : RunClient(flags, retry, clock, session, isResume);
            clock.Advance(TimeSpan.FromSeconds(flags.ResumptionDelay));
        }
    }

    private static TlsSession? RunServer(ShimFlags flags, ShimServerState state, bool isResume)
    {
        IReadOnlyList<TlsCredential> credentials = EngineSetup.Credentials(flags);
        var desk = new QuestionDesk(flags, credentials, state.SessionCache);
        var check = new OutcomeCheck(flags, isResume, desk, state.SessionCache);
        using TlsServerEngine engine = ServerSetup.CreateEngine(flags, state, credentials);
        using var socket = new RunnerSocket(flags);
        var connection = new ShimConnection(engine, socket, flags, desk);
        if (!flags.ImplicitHandshake)
        {
            connection.Handshake(() => engine.MaySend);
            check.CheckHandshake(connection);
        }

        new ShimExchange(connection, check).Run(greeted: 0);
        return null;
    }

    private static TlsSession? RunClient(
        ShimFlags flags, ShimFlags retry, ShimClock clock, TlsSession? session, bool isResume)
    {
        IReadOnlyList<TlsCredential> credentials = EngineSetup.Credentials(flags);
        var desk = new QuestionDesk(flags, credentials, offered: session, retry: retry);
        var check = new OutcomeCheck(flags, isResume, desk, sessions: null);
        using TlsClientEngine engine = ClientSetup.CreateEngine(flags, clock, credentials);
        using var socket = new RunnerSocket(flags);
        var connection = new ShimConnection(engine, socket, flags, desk);
        bool wantsEarlyData = isResume && flags is { EnableEarlyData: true, ShimWritesFirst: true };
        uint room = wantsEarlyData ? session!.MaximumEarlyData : 0;
        int early = (int)Math.Min(room, (uint)ShimExchange.Greeting.Length);
        bool hasEarlyData = early > 0;
        engine.Start(
            new TlsClientStart
            {
                Session = session,
                EarlyData = ShimExchange.Greeting[..early],
            },
            connection.Output);
        connection.Flush();
        if (!flags.ImplicitHandshake || hasEarlyData)
        {
            connection.Handshake(() => engine.MaySend);
            bool isRejected = hasEarlyData && engine.Negotiated.EarlyData == EarlyDataStatus.Rejected;
            if (isRejected && flags.Expected.EarlyDataRejected)
            {
                // After a refusal the runner's flags for the retry are in force, and the greeting is theirs to send.
                hasEarlyData = false;
                connection.Flags = retry;
                check = new OutcomeCheck(retry, isResume, desk, sessions: null);
            }

            check.CheckHandshake(connection);
        }

        bool isTaken = hasEarlyData && engine.Negotiated.EarlyData == EarlyDataStatus.Accepted;
        new ShimExchange(connection, check).Run(greeted: isTaken ? early : 0);
        return desk.NextSession;
    }
}
