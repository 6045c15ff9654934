# What `bench load` prints, drawn. Given: table, its lines of numbers; out, the picture.
set terminal svg size 880,430 dynamic enhanced font "system-ui,DejaVu Sans,sans-serif,14" \
    background "#fdfcf9"
set output out
set logscale x 2
set logscale y2 2
set xrange [0.9:570]
set yrange [0:*]
set y2range [0.7:700]
set xlabel "requests outstanding at one server"
set ylabel "instructions a request" textcolor rgb "#4a709f"
set y2label "requests with one enter" textcolor rgb "#8a6420"
set ytics nomirror format "%'.0f" textcolor rgb "#4a709f"
set y2tics textcolor rgb "#8a6420"
set xtics textcolor rgb "#23272e" (1, 2, 4, 8, 16, 32, 64, 128, 256, 512) nomirror
set border lc rgb "#8b8f96"
set grid y lc rgb "#e6e2d8" lt 1
set key outside top center horizontal maxrows 2
set style data linespoints
plot table using 1:2 title "cost, one client" lc rgb "#4a709f" lw 2.5 pt 7 ps 0.6, \
    "" using 1:5 title "cost, many clients" lc rgb "#4a709f" lw 2 dt 2 pt 6 ps 0.6, \
    "" using 1:3 axes x1y2 title "client hands over" lc rgb "#b0802a" lw 2.5 pt 7 ps 0.6, \
    "" using 1:4 axes x1y2 title "server answers" lc rgb "#5b8a4c" lw 2.5 pt 7 ps 0.6
