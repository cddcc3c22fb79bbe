using System.Numerics;
using System.Runtime.CompilerServices;

namespace FinOps.Domain.Policies.Classification;

/// <summary>One pass over a prompt. Its state lies on the stack: about a kilobyte, whatever the prompt.</summary>
internal ref struct PromptReader(ReadOnlySpan<byte> text)
{
    private const int MaxOptions = 8;
    private const int BeforeOptions = -1;
    private const int BehindOptions = -2;

    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;
    private int _option = BeforeOptions;
    private int _options;
    private int _questionBytes = text.Length;
    private bool _lineBegins = true;
    private bool _inSentence;
    private uint _lastWord;
    private int _words, _letters, _distinct, _content, _distinctContent, _numbers, _reasoning, _questionWords, _sentences;
    private int _optionWords, _optionDegree, _codeSigns, _fences, _code, _passage, _writing, _labelling, _extracting;
    private Seen _seen;
    private Pairs _pairs;

    private static ReadOnlySpan<Sign> Signs => SignTable;
    private static readonly Sign[] SignTable = [.. Enumerable.Range(0, 256).Select(value => SignOf((char)value))];

    private enum Sign : byte
    {
        Other,
        Letter,
        Digit,
        Space,
        Line,
        Stop,
        Code,
        Tick,
        Apostrophe,
    }

    /// <summary>4,096 bits, one for each of so many words.</summary>
    [InlineArray(64)]
    private struct Seen
    {
        private ulong _first;
    }

    /// <summary>For each option 256 bits for its pairs of neighbouring words.</summary>
    [InlineArray(MaxOptions)]
    private struct Pairs
    {
        private PairSet _first;
    }

    [InlineArray(4)]
    private struct PairSet
    {
        private ulong _first;
    }

    /// <param name="bytes">Of the whole prompt, of which only the beginning may be here.</param>
    public PromptFeatures Read(int bytes)
    {
        while (_at < _text.Length)
        {
            var sign = Signs[_text[_at]];
            if (_lineBegins && sign is not (Sign.Space or Sign.Line))
            {
                _lineBegins = false;
                if (BeginsOption()) continue;
            }

            if (sign is Sign.Letter or Sign.Digit) ReadWord();
            else ReadSign(sign);
        }

        EndSentence();
        return new PromptFeatures
        {
            Bytes = bytes,
            QuestionBytes = _options == 0 ? bytes : _questionBytes,
            QuestionWords = _questionWords,
            Sentences = _sentences,
            Words = _words,
            Letters = _letters,
            DistinctWords = _distinct,
            ContentWords = _content,
            DistinctContentWords = _distinctContent,
            Numbers = _numbers,
            ReasoningWords = _reasoning,
            Options = _options,
            OptionWords = _optionWords,
            OptionDegreeWords = _optionDegree,
            OptionLikeness = Likeness(),
            CodeSigns = _codeSigns,
            Fences = _fences,
            CodeWords = _code,
            PassageWords = _passage,
            WritingWords = _writing,
            LabellingWords = _labelling,
            ExtractingWords = _extracting,
        };
    }

    /// <summary>Whether the line begins the next option: <c>A. </c>, <c>B) </c>, <c>(C) </c>, <c>D: </c>. If so it is behind its letter afterwards. "Answer" on a line of its own ends the last one.</summary>
    private bool BeginsOption()
    {
        var letter = _at + (_text[_at] == '(' ? 1 : 0);
        if (_options < MaxOptions && letter + 2 < _text.Length && _text[letter] == 'A' + _options && _text[letter + 1] is (byte)'.' or (byte)')' or (byte)':' && _text[letter + 2] == ' ')
        {
            if (_options == 0)
            {
                EndSentence();
                _questionBytes = _at;
            }

            _option = _options++;
            _lastWord = 0;
            _at = letter + 3;
            return true;
        }

        if (_option >= 0 && _text[_at..].StartsWith("Answer"u8)) _option = BehindOptions;
        return false;
    }

    private void ReadWord()
    {
        var begin = _at;
        var hash = WordKinds.Seed;
        var isNumber = false;
        for (; _at < _text.Length; _at++)
        {
            var letter = _text[_at];
            var sign = Signs[letter];
            if (sign == Sign.Letter) letter = letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
            else if (sign == Sign.Digit) isNumber = true;
            else if (!Continues(sign, letter, begin, isNumber)) break;
            hash = WordKinds.Hash(hash, letter);
        }

        Count(hash, _at - begin, isNumber);
        _inSentence = true;
        _lastWord = hash;
    }

    // "isn't" is one word, "3.5" and "1,000" one number.
    private readonly bool Continues(Sign sign, byte letter, int begin, bool isNumber)
    {
        if (_at == begin || _at + 1 >= _text.Length) return false;
        var next = Signs[_text[_at + 1]];
        return (sign == Sign.Apostrophe && next == Sign.Letter) || (isNumber && letter is (byte)'.' or (byte)',' && next == Sign.Digit);
    }

    private void Count(uint hash, int length, bool isNumber)
    {
        var kind = WordKinds.Of(hash);
        var spread = WordKinds.Spread(hash);
        _words++;
        _letters += length;
        if (isNumber) _numbers++;
        if (_option == BeforeOptions) _questionWords++;
        else if (_option >= 0) CountInOption(hash, kind);

        var isContent = (kind & WordKind.Function) == 0;
        if (isContent) _content++;
        if (Mark(ref _seen[(int)(spread >> 26)], (int)(spread >> 20)))
        {
            _distinct++;
            if (isContent) _distinctContent++;
        }

        if (kind is not (WordKind.None or WordKind.Function)) CountKind(kind);
    }

    private void CountKind(WordKind kind)
    {
        if ((kind & (WordKind.Reasoning | WordKind.Degree)) != 0) _reasoning++;
        if ((kind & WordKind.Code) != 0) _code++;
        if ((kind & WordKind.Passage) != 0) _passage++;
        if ((kind & WordKind.Writing) != 0) _writing++;
        if ((kind & WordKind.Labelling) != 0) _labelling++;
        if ((kind & WordKind.Extracting) != 0) _extracting++;
    }

    private void CountInOption(uint hash, WordKind kind)
    {
        _optionWords++;
        if ((kind & WordKind.Degree) != 0) _optionDegree++;
        if (_lastWord == 0) return;
        var pair = WordKinds.Spread(hash ^ (_lastWord * 31));
        Mark(ref _pairs[_option][(int)(pair >> 30)], (int)(pair >> 24));
    }

    private void ReadSign(Sign sign)
    {
        switch (sign)
        {
            case Sign.Stop:
                EndSentence();
                break;
            case Sign.Line:
                _lineBegins = true;
                break;
            case Sign.Code:
                _codeSigns++;
                break;
            case Sign.Tick when _text[_at..].StartsWith("```"u8):
                _fences++;
                _at += 2;
                break;
        }

        _at++;
    }

    private void EndSentence()
    {
        if (_inSentence && _option == BeforeOptions) _sentences++;
        _inSentence = false;
    }

    private double Likeness()
    {
        var (sum, pairs) = (0d, 0);
        for (var one = 1; one < _options; one++)
        {
            for (var other = 0; other < one; other++, pairs++)
            {
                var (both, either) = (0, 0);
                for (var i = 0; i < 4; i++)
                {
                    both += BitOperations.PopCount(_pairs[one][i] & _pairs[other][i]);
                    either += BitOperations.PopCount(_pairs[one][i] | _pairs[other][i]);
                }

                if (either > 0) sum += (double)both / either;
            }
        }

        return pairs == 0 ? 0 : sum / pairs;
    }

    /// <returns>Whether the bit, of which the lowest six places count, was not set before.</returns>
    private static bool Mark(ref ulong bits, int bit)
    {
        var before = bits;
        bits |= 1UL << (bit & 63);
        return bits != before;
    }

    // Bytes of other scripts are letters: their words are as long as their bytes.
    private static Sign SignOf(char sign) => sign switch
    {
        >= '0' and <= '9' => Sign.Digit,
        _ when char.IsAsciiLetter(sign) || sign > 127 => Sign.Letter,
        ' ' or '\t' or '\r' => Sign.Space,
        '\n' => Sign.Line,
        '.' or '?' or '!' => Sign.Stop,
        '{' or '}' or ';' or '=' or '<' or '>' or '_' or '\\' or '#' => Sign.Code,
        '`' => Sign.Tick,
        '\'' => Sign.Apostrophe,
        _ => Sign.Other,
    };
}
