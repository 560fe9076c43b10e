/** The API has dollars per 1,000 tokens; people compare by the million. */
export function perMillion(perThousand: number): string {
  const dollars = perThousand * 1000;
  if (dollars === 0) return 'free';
  return `$${Number(dollars.toPrecision(3))}/M`;
}

export function perThousand(price: number): string {
  return price === 0 ? 'free' : `$${Number(price.toPrecision(4))}/K`;
}
