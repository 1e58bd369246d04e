import type { ParserInput, ParserName, ParserOutput } from '../../project/parsers.js';

export interface ParserPort {
  /** Makes ready for the next `parse`, without waiting for it. */
  warm(): void;
  /** Runs one parser. Throws the parser's own `SlipwayError`, or `source_invalid` when it takes more than its limits. */
  parse<N extends ParserName>(name: N, input: ParserInput<N>): Promise<ParserOutput<N>>;
}
