namespace SynHello.Fuzz;

/// <summary>
/// Finds vectors and lists in an input by a small grammar: a number is so many octets; b, w, t and q are vectors with a length of one to
/// four octets, followed by what stands in them again and again, in parentheses; ? ends it where the input ends; X is an extension, M
/// handshake messages, R records, F flights of records with a two-octet length, D values in DER, and * the rest, in which what follows
/// in parentheses stands again and again. What does not fit is left alone.
/// </summary>
internal ref struct GrammarScanner(ReadOnlySpan<byte> input, Structure structure)
{
    private const int Misfit = -1;

    private readonly ReadOnlySpan<byte> _input = input;
    private int _lists;

    public static void Scan(ReadOnlySpan<byte> input, string grammar, Structure structure)
    {
        structure.Clear();
        new GrammarScanner(input, structure).Sequence(grammar, 0, input.Length);
    }

    /// <returns>Where the sequence ends, or <see cref="Misfit"/>.</returns>
    private int Sequence(scoped ReadOnlySpan<char> grammar, int position, int end)
    {
        int g = 0;
        while (g < grammar.Length)
        {
            char token = grammar[g++];
            if (char.IsAsciiDigit(token))
            {
                int count = token - '0';
                while (g < grammar.Length && char.IsAsciiDigit(grammar[g]))
                    count = (10 * count) + grammar[g++] - '0';
                position += count;
                if (position > end)
                    return Misfit;
            }
            else if (token is 'b' or 'w' or 't' or 'q')
            {
                ReadOnlySpan<char> content = Group(grammar, ref g);
                int width = token switch { 'b' => 1, 'w' => 2, 't' => 3, _ => 4 };
                int contentEnd = Open(position, width, end);
                if (contentEnd == Misfit)
                    return Misfit;
                if (!content.IsEmpty)
                    Repeat(content, position + width, contentEnd);
                position = contentEnd;
            }
            else if (token == '?')
            {
                if (position == end)
                    return position;
            }
            else if (token == '*')
            {
                ReadOnlySpan<char> content = Group(grammar, ref g);
                if (!content.IsEmpty)
                    Repeat(content, position, end);
                return end;
            }
            else if (token is 'X' or 'M' or 'R' or 'F' or 'D')
            {
                position = token switch
                {
                    'X' => Extension(position, end),
                    'M' => Messages(position, end),
                    'R' => Records(position, end),
                    'F' => Flights(position, end),
                    _ => Values(position, end, depth: 0),
                };
                if (position == Misfit)
                    return Misfit;
            }
        }

        return position;
    }

    private static ReadOnlySpan<char> Group(ReadOnlySpan<char> grammar, ref int g)
    {
        if (g >= grammar.Length || grammar[g] != '(')
            return default;
        int start = ++g;
        for (int depth = 1; depth > 0; g++)
            depth += grammar[g] switch { '(' => 1, ')' => -1, _ => 0 };
        return grammar[start..(g - 1)];
    }

    private void Repeat(scoped ReadOnlySpan<char> grammar, int position, int end)
    {
        int list = _lists++;
        while (position < end)
        {
            int next = Sequence(grammar, position, end);
            if (next <= position)
                return;
            structure.Elements.Add(new Structure.Element(position, next, list));
            position = next;
        }
    }

    /// <returns>Where the vector's content ends.</returns>
    private readonly int Open(int position, int width, int end)
    {
        if (end - position < width)
            return Misfit;
        long length = 0;
        foreach (byte octet in _input.Slice(position, width))
            length = (length << 8) | octet;
        if (length > end - position - width)
            return Misfit;
        int contentEnd = position + width + (int)length;
        structure.Vectors.Add(new Structure.Vector(position, width, contentEnd));
        return contentEnd;
    }

    private int Flights(int position, int end)
    {
        int list = _lists++;
        while (position < end)
        {
            int flightEnd = Open(position, 2, end);
            if (flightEnd == Misfit)
                break;
            structure.Elements.Add(new Structure.Element(position, flightEnd, list));
            Records(position + 2, flightEnd);
            position = flightEnd;
        }

        return end;
    }

    private int Records(int position, int end)
    {
        const byte Handshake = 22, ApplicationData = 23;
        const int Tag = 16;
        int list = _lists++;
        while (end - position >= 5)
        {
            int recordEnd = Open(position + 3, 2, end);
            if (recordEnd == Misfit)
                break;
            structure.Elements.Add(new Structure.Element(position, recordEnd, list));
            int contentEnd = recordEnd - Tag - 1;
            if (_input[position] == Handshake)
                Messages(position + 5, recordEnd);
            else if (_input[position] == ApplicationData && contentEnd > position + 5 && _input[contentEnd] == Handshake)
                Messages(position + 5, contentEnd);
            position = recordEnd;
        }

        return end;
    }

    private int Messages(int position, int end)
    {
        int list = _lists++;
        while (end - position >= 4)
        {
            int messageEnd = Open(position + 1, 3, end);
            if (messageEnd == Misfit)
                break;
            structure.Elements.Add(new Structure.Element(position, messageEnd, list));
            foreach (string grammar in MessageGrammar.Of(_input[position]))
            {
                (int vectors, int elements) = (structure.Vectors.Count, structure.Elements.Count);
                if (Sequence(grammar, position + 4, messageEnd) == messageEnd)
                    break;
                structure.Vectors.RemoveRange(vectors, structure.Vectors.Count - vectors);
                structure.Elements.RemoveRange(elements, structure.Elements.Count - elements);
            }

            position = messageEnd;
        }

        return end;
    }

    /// <summary>Values in DER, and what is in them.</summary>
    private int Values(int position, int end, int depth)
    {
        const byte Constructed = 0x20, BitString = 3, OctetString = 4, LongForm = 0x80;
        int list = _lists++;
        while (end - position >= 2 && depth < 32)
        {
            byte first = _input[position + 1];
            int width = first > LongForm ? first - LongForm : 1;
            int contentEnd = width > 3 ? Misfit : Open(first > LongForm ? position + 2 : position + 1, width, end);
            if (contentEnd == Misfit)
                break;
            structure.Elements.Add(new Structure.Element(position, contentEnd, list));
            int start = position + (first > LongForm ? 2 + width : 2);
            byte tag = _input[position];
            if ((tag & Constructed) != 0 || tag == OctetString)
                Values(start, contentEnd, depth + 1);
            else if (tag == BitString)
                Values(start + 1, contentEnd, depth + 1);
            position = contentEnd;
        }

        return end;
    }

    private int Extension(int position, int end)
    {
        if (end - position < 4)
            return Misfit;
        int contentEnd = Open(position + 2, 2, end);
        if (contentEnd == Misfit)
            return Misfit;
        int type = (_input[position] << 8) | _input[position + 1];
        foreach (string grammar in MessageGrammar.OfExtension(type))
        {
            (int vectors, int elements) = (structure.Vectors.Count, structure.Elements.Count);
            if (Sequence(grammar, position + 4, contentEnd) == contentEnd)
                break;
            structure.Vectors.RemoveRange(vectors, structure.Vectors.Count - vectors);
            structure.Elements.RemoveRange(elements, structure.Elements.Count - elements);
        }

        return contentEnd;
    }
}
