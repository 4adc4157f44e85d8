def worst_deviation(): return 0.0,0,''
