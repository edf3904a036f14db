# Reads "SERDE serde|library decode|encode: RATE …" lines and prints the medians of each, and the ratios.
function median(values, count,  i, j, value) {
  for (i = 2; i <= count; i++) {
    value = values[i]
    for (j = i - 1; j > 0 && values[j] > value; j--) values[j + 1] = values[j]
    values[j + 1] = value
  }
  return values[int((count + 1) / 2)]
}
{
  name = $1 " " $3
  if (!(name in known)) { known[name] = 1; names[++kinds] = name }
  rates[name, $2, ++count[name, $2]] = $4
}
END {
  for (i = 1; i <= kinds; i++) {
    name = names[i]
    split("serde library", sides, " ")
    for (s = 1; s <= 2; s++) {
      many = count[name, sides[s]]
      for (r = 1; r <= many; r++) values[r] = rates[name, sides[s], r]
      middle[sides[s]] = median(values, many)
    }
    printf "%s %.2f million rows per core-second, the library's %.2f: %.1f times\n", name, middle["serde"], \
      middle["library"], middle["serde"] / middle["library"]
  }
}
