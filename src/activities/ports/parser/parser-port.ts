import type { ParserInput, ParserName, ParserOutput } from '../../project/parsers.js';

export interface ParserPort {
  /** Prepares the next `parse`, without waiting. */
  warm(): void;
  /** Runs one parser. Throws the parser's own `SlipwayError`, or `source_invalid` if the parser exceeds its limits. */
  parse<N extends ParserName>(name: N, input: ParserInput<N>): Promise<ParserOutput<N>>;
}
